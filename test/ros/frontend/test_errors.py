"""What the node does when the network itself fails: a stand-in for it in the table of backends raises at will."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import rclpy
from helpers.ros_probe import header, milliseconds, texture
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from sensor_msgs.msg import Image

from superpoint_ros.inference import backend
from superpoint_ros.msg import Tracks
from superpoint_ros.ros.frontend.node import FrontendNode
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (16, 16)
POISON = np.full(SIZE, 255, np.uint8)


class FragileBackend:
    """One keypoint an image, and an error for a batch with a white one; the first batch waits until it may go on.

    The image that warms it up is none.
    """

    descriptor_sampling, sha256 = "exact", "0" * 64

    def __init__(self, device):
        self.device, self.batches_pay = device, device.startswith("cuda")
        self.batches = []
        self.go_on = threading.Event()

    def __call__(self, images, options):
        if images.shape[1:] != SIZE:
            return [(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 2), np.float32))]
        self.batches.append(len(images))
        if len(self.batches) == 1:
            self.go_on.wait(30)
        if any(image.min() == 255 for image in images):
            raise RuntimeError("white images are too much")
        return [(np.float32([[8, 8]]), np.float32([0.5]), np.float32([[1, 0]])) for _ in images]


@pytest.fixture
def fragile(monkeypatch, request):
    fragile = FragileBackend(request.param)
    monkeypatch.setitem(backend.BACKENDS, "fragile", lambda model, options: fragile)
    reliable = [f"qos_overrides./{name}/image_raw.subscription.reliability:=reliable" for name in ("left", "right")]
    parameters = ["cameras.names:=[left, right]", "backend:=fragile", "weights:=none", *reliable]
    rclpy.init(args=["--ros-args", *(word for parameter in parameters for word in ("-p", parameter))])
    node, executor = FrontendNode(), SingleThreadedExecutor()
    executor.add_node(node)

    def spin():
        try:
            executor.spin()
        except ExternalShutdownException:
            return

    thread = threading.Thread(target=spin)
    thread.start()
    yield fragile
    fragile.go_on.set()
    node.stop()
    rclpy.shutdown()
    thread.join(30)
    node.destroy_node()


@pytest.mark.parametrize(
    ("fragile", "batches"),
    [("cuda:0 (a stand-in)", [1, 2, 1, 1, 1]), ("cpu", [1, 1, 1, 1])],
    ids=["together on a GPU", "one by one on a processor"],
    indirect=["fragile"],
)
def test_a_failing_network_costs_one_image_and_no_other_cameras(probe, fragile, batches, capfd):
    publishers = {name: probe.publisher(Image, f"/{name}/image_raw") for name in ("left", "right")}
    tracks = {name: probe.collect(Tracks, f"/frontend/{name}/tracks") for name in publishers}
    reports = probe.collect_reports("frontend")
    publishers["left"].publish(array_to_image(texture(0, SIZE), header(0)))
    probe.spin_until(lambda: fragile.batches == [1], "the first batch")
    publishers["left"].publish(array_to_image(POISON, header(100)))
    publishers["right"].publish(array_to_image(texture(1, SIZE), header(100)))
    probe.spin_until(lambda: probe.statistics(reports, "left").get("waiting") == "2", "two waiting images")
    fragile.go_on.set()
    probe.spin_until(lambda: len(tracks["right"]) == 1, "the other camera's tracks")
    publishers["left"].publish(array_to_image(texture(0, SIZE), header(200)))
    probe.spin_until(lambda: len(tracks["left"]) == 2, "the next image's tracks")
    assert fragile.batches == batches
    assert [milliseconds(message) for message in tracks["left"]] == [0, 200]
    assert [milliseconds(message) for message in tracks["right"]] == [100]
    assert list(tracks["left"][1].age) == [2]
    assert tracks["left"][0].id == tracks["left"][1].id
    probe.spin_until(lambda: probe.statistics(reports, "left").get("skipped: internal error") == "1", "the count")
    assert probe.statistics(reports, "right")["skipped"] == "0"
    log = capfd.readouterr().err
    failed = "batch of 2 images failed (RuntimeError: white images are too much); run one by one"
    assert log.count(failed) == batches.count(2)


@pytest.mark.parametrize("fragile", ["cpu"], indirect=True)
def test_a_network_that_always_fails_is_an_error_of_the_report_until_it_works_again(probe, fragile):
    fragile.go_on.set()
    publisher = probe.publisher(Image, "/left/image_raw")
    tracks = probe.collect(Tracks, "/frontend/left/tracks")
    reports = probe.collect_reports("frontend")
    stamps = iter(range(0, 100_000, 100))

    def publish_until(image, condition, what):
        def is_so():
            publisher.publish(array_to_image(image, header(next(stamps))))
            probe.spin_for(0.1)
            return condition(probe.statistics(reports, "left"))

        probe.spin_until(is_so, what)

    publish_until(POISON, lambda line: line.get("level") == "ERROR", "the error")
    line = probe.statistics(reports, "left")
    assert (line["processed"], line["skipped"]) == ("0", line["skipped: internal error"])
    assert "white images are too much" in line["message"] or "internal error" in line["message"]
    assert not tracks
    publish_until(texture(0, SIZE), lambda line: line.get("level") == "OK", "the recovery")
    assert tracks
