"""What befalls a node from outside, over real DDS: a stopped process, changing images, two senders, no clock."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from helpers.ros_probe import TELLS_PUBLISHERS, header, milliseconds, texture
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.image import to_gray
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.features import message_to_features
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (48, 64)
FINDS_ALL = {"max_keypoints": 40, "detection_threshold": 0.0}


class Camera:
    """The camera of a frontend of its own, and what comes of its images."""

    def __init__(self, probe, start_node, name, **parameters):
        self.probe, topic = probe, f"/{name}_input/image"
        self.node = start_node({"cameras.camera.topic": topic} | FINDS_ALL | parameters, name)
        self.publishers = [probe.publisher(Image, topic)]
        self.tracks = probe.collect(Tracks, f"/{name}/camera/tracks")
        self.features = probe.collect(Features, f"/{name}/camera/features")
        self.reports = probe.collect_reports(name)

    def send(self, image, stamp, publisher=0):
        self.publishers[publisher].publish(array_to_image(image, header(stamp)))

    def wait_for(self, stamps):
        self.probe.spin_until(lambda: {milliseconds(one) for one in self.tracks} >= set(stamps), f"tracks of {stamps}")

    def wait_for_balance(self, **expected):
        def is_said():
            line = self.probe.statistics(self.reports, "camera")
            return line.get("waiting") == "0" and expected.items() <= line.items()

        self.probe.spin_until(is_said, f"{expected}, none waiting")
        line = {name: int(value) for name, value in self.line.items() if value.isdigit()}
        assert line["received"] == line["processed"] + line["dropped"] + line["skipped"]

    @property
    def line(self):
        return self.probe.statistics(self.reports, "camera")


def test_a_node_that_is_stopped_and_goes_on_takes_the_newest_image(probe, start_node):
    camera = Camera(probe, start_node, "frozen")
    camera.send(texture(0, SIZE), 100)
    camera.wait_for([100])
    camera.node.process.send_signal(signal.SIGSTOP)
    for stamp in range(200, 1200, 100):
        camera.send(texture(0, SIZE), stamp)
    probe.spin_for(2.5)
    assert [milliseconds(message) for message in camera.tracks] == [100]
    camera.node.process.send_signal(signal.SIGCONT)
    camera.wait_for([1100])
    camera.wait_for_balance(resets="0", skipped="0")
    assert camera.tracks[-1].id == camera.tracks[0].id


def test_size_and_encoding_may_change_in_mid_stream(probe, start_node, weights):
    camera = Camera(probe, start_node, "changing", policy="every_frame")
    images = [texture(0, SIZE), np.dstack([texture(seed, SIZE) for seed in (0, 1, 2)]), texture(3, (64, 96))]
    images += [images[0]]
    for number, image in enumerate(images):
        camera.send(image, 100 * number)
    camera.wait_for([0, 100, 200, 300])
    probe.spin_until(lambda: len(camera.features) == 4, "four messages of features")
    extractor = Extractor(weights, options=DecodeOptions(**FINDS_ALL))
    for image, message in zip(images, camera.features, strict=True):
        found, expected = message_to_features(message), extractor.extract(to_gray(image))
        assert found.image_size == image.shape[:2]
        np.testing.assert_allclose(found.xy, expected.xy, atol=1e-3)
    # Another encoding shows the same view; another size is another view.
    assert [message.epoch for message in camera.tracks] == [0, 0, 1, 2]
    camera.wait_for_balance(resets="2", skipped="0", processed="4")


@pytest.mark.skipif(not TELLS_PUBLISHERS, reason="rclpy before Kilted does not say whose a message is")
def test_two_cameras_on_one_topic_lose_nothing_and_are_said(probe, start_node):
    camera = Camera(probe, start_node, "twofold", policy="every_frame")
    camera.publishers.append(probe.publisher(Image, "/twofold_input/image"))
    stamps = []

    def warned():
        for publisher in (0, 1):
            stamps.append(100 * len(stamps))
            camera.send(texture(publisher, SIZE), stamps[-1], publisher)
            probe.spin_for(0.1)
        return "messages of 2 publishers are mixed" in camera.line.get("message", "")

    probe.spin_until(warned, "the warning")
    assert camera.line["level"] == "WARN"
    camera.wait_for(stamps)
    camera.wait_for_balance(dropped="0", skipped="0", lost="0")


@pytest.mark.parametrize("has_clock", [False, True], ids=["no clock", "a clock that goes back"])
def test_images_are_answered_whatever_the_simulated_clock_says(has_clock, probe, start_node):
    camera = Camera(probe, start_node, f"simulated_{int(has_clock)}", use_sim_time=True, policy="every_frame")
    clock = probe.publisher(Clock, "/clock") if has_clock else None
    for number, seconds in enumerate((100, 200, 50, 60)):
        if clock is not None:
            clock.publish(Clock(clock=header(1000 * seconds).stamp))
        camera.send(texture(0, SIZE), 100 * number)
        camera.wait_for([100 * number])
    camera.wait_for_balance(processed="4", resets="0")
    if clock is not None:

        def is_reported():
            clock.publish(Clock(clock=header(60_000).stamp))  # a clock goes on: a node may miss a message of it
            return camera.reports[-1].header.stamp.sec == 60

        probe.spin_until(is_reported, "a report of the simulated time")
