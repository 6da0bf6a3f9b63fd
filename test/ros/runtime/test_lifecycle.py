"""Managed nodes over real DDS: what a lifecycle manager asks for happens, and what fails leaves them alive."""

from __future__ import annotations

import pytest
from helpers.ros_densify import Densify, color_image, sparse_depth
from helpers.ros_lifecycle import Lifecycle
from helpers.ros_probe import NodeProcess, header, milliseconds, parameter_arguments, texture
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (48, 64)
MANAGED = {"autostart": False, "policy": "every_frame", "max_keypoints": 40, "detection_threshold": 0.0}


class Camera:
    """A camera of a frontend of its name, and what comes of its images."""

    def __init__(self, probe, name):
        self._probe = probe
        self._publisher = probe.node.create_publisher(Image, "/camera/image_raw", 1000)
        self.tracks = probe.collect(Tracks, f"/{name}/camera/tracks")
        self.features = probe.collect(Features, f"/{name}/camera/features")

    def is_heard(self) -> bool:
        return self._publisher.get_subscription_count() > 0

    def send(self, stamp):
        self._publisher.publish(array_to_image(texture(0, SIZE), header(stamp)))

    def stamps(self):
        return [milliseconds(message) for message in self.tracks]

    def wait_for(self, *stamps):
        self._probe.spin_until(lambda: len(self.stamps()) >= len(stamps), f"answers to {stamps}")
        assert self.stamps() == list(stamps)


def test_a_managed_frontend_answers_while_it_is_active_and_only_then(probe, start_node):
    node, lifecycle = start_node(MANAGED, "managed"), Lifecycle(probe, "managed")
    assert lifecycle.state == "unconfigured"
    assert probe.node.count_publishers("/managed/camera/tracks") == 0

    assert lifecycle.change("configure")
    assert lifecycle.state == "inactive"
    camera = Camera(probe, "managed")
    assert not camera.is_heard()

    for stamp, cycle in ((1000, "first"), (3000, "second")):
        assert lifecycle.change("activate")
        assert lifecycle.state == "active"
        probe.spin_until(camera.is_heard, f"the {cycle} subscription")
        camera.send(stamp)
        camera.send(stamp + 100)
        expected = [1000, 1100, 3000, 3100][: 2 if cycle == "first" else 4]
        camera.wait_for(*expected)
        assert lifecycle.change("deactivate")
        assert lifecycle.state == "inactive"
        probe.spin_until(lambda: not camera.is_heard(), "the end of the subscription")
        camera.send(stamp + 200)
    assert camera.tracks[0].id == camera.tracks[-1].id
    assert node.log().count("ready: ") == 2

    assert lifecycle.change("cleanup")
    assert lifecycle.state == "unconfigured"
    probe.spin_until(lambda: probe.node.count_publishers("/managed/camera/tracks") == 0, "the publishers' end")
    assert camera.stamps() == [1000, 1100, 3000, 3100]

    assert lifecycle.change("configure")
    assert lifecycle.change("activate")
    probe.spin_until(camera.is_heard, "the subscription after a cleanup")
    camera.send(5000)
    camera.wait_for(1000, 1100, 3000, 3100, 5000)
    assert camera.tracks[-1].epoch == 0
    assert lifecycle.change("shutdown")
    assert lifecycle.state == "finalized"
    assert "Traceback" not in node.log()


def test_a_transition_that_the_state_does_not_have_is_refused_and_survived(probe, start_node):
    node, lifecycle = start_node(MANAGED, "refusing"), Lifecycle(probe, "refusing")
    # rclpy before 9 (Jazzy) does not answer: the log is what every version has.
    lifecycle.ask("activate")
    probe.spin_until(lambda: "transition" in node.log(), "the refusal")
    assert lifecycle.state == "unconfigured"
    assert lifecycle.change("configure")


@pytest.mark.parametrize(
    ("name", "parameter", "bad", "good", "reason"),
    [
        ("absent", "weights", "/no/such/file", None, "'/no/such/file'"),
        ("ranged", "max_keypoints", -5, 40, "max_keypoints"),
        ("mistyped", "overlay", 3, True, "overlay"),
        ("misnamed", "tracker", "guess", "flow", "tracker='guess' is not one of"),
    ],
)
def test_what_cannot_be_configured_says_why_and_can_be_set_right(
    probe, start_node, weights, name, parameter, bad, good, reason
):
    node, lifecycle = start_node(MANAGED | {parameter: bad}, name), Lifecycle(probe, name)
    reports = probe.collect_reports(name)

    def wait_for_report(level, message):
        def is_said():
            line = probe.statistics(reports, "node state")
            return line.get("level") == level and message in line["message"]

        probe.spin_until(is_said, f"{level}: {message}")

    wait_for_report("OK", "unconfigured")
    for _ in range(2):
        assert not lifecycle.change("configure")
        assert lifecycle.state == "unconfigured"
    said = [line for line in node.log().splitlines() if "not configured: " in line]
    assert len(said) == 2
    assert all(reason in line for line in said)
    wait_for_report("ERROR", reason)
    wait_for_report("ERROR", f"set it right, then: ros2 lifecycle set /{name} configure")
    assert probe.set_parameter(name, parameter, str(weights) if good is None else good).successful
    assert lifecycle.change("configure")
    assert lifecycle.state == "inactive"
    wait_for_report("OK", "inactive")


def test_a_fixed_parameter_can_be_changed_before_the_node_is_configured_and_not_after(probe, start_node):
    start_node(MANAGED, "fixed")
    lifecycle = Lifecycle(probe, "fixed")
    assert probe.set_parameter("fixed", "cameras.names", ["left", "rear"]).successful
    assert "one of" in probe.set_parameter("fixed", "policy", "newest").reason
    assert lifecycle.change("configure")
    assert "cleanup" in probe.set_parameter("fixed", "cameras.names", ["left"]).reason
    probe.spin_until(lambda: probe.node.count_publishers("/fixed/rear/tracks") == 1, "the second camera's tracks")
    assert probe.set_parameter("fixed", "max_keypoints", 7).successful


def test_without_autostart_off_a_bad_parameter_ends_the_program(tmp_path):
    node = NodeProcess(tmp_path / "log", parameter_arguments({"tracker": "guess"}))
    assert node.process.wait(40) == 1
    assert "tracker='guess' is not one of" in node.log().splitlines()[-1]


def test_the_other_nodes_are_managed_too(probe, start_densify, tmp_path):
    start_densify("depth", autostart=False)
    lifecycle = Lifecycle(probe, "depth")
    assert lifecycle.change("configure")
    assert lifecycle.change("activate")
    densify = Densify(probe, lambda *_, **__: None, "depth")
    densify.send(100, sparse_depth(0))
    densify.wait_for(1)
    assert lifecycle.change("deactivate")
    assert lifecycle.change("cleanup")
    triangulate = NodeProcess(tmp_path / "log", parameter_arguments({"autostart": False}, "stereo"), "triangulate")
    lifecycle = Lifecycle(probe, "stereo")
    for transition, state in (("configure", "inactive"), ("activate", "active"), ("shutdown", "finalized")):
        assert lifecycle.change(transition)
        assert lifecycle.state == state
    assert triangulate.stop() == 0


def test_images_held_back_for_a_calibration_are_dropped_as_the_node_is_deactivated(probe, start_node):
    start_node(MANAGED | {"autostart": True, "cameras.camera.wait_for_camera_info": True}, "held")
    lifecycle, reports = Lifecycle(probe, "held"), probe.collect_reports("held")
    camera = Camera(probe, "held")
    probe.spin_until(camera.is_heard, "the subscription")
    probe.meet("held")
    for stamp in (1000, 1100):
        camera.send(stamp)
    probe.meet("held")
    assert lifecycle.change("deactivate")
    expected = {"received": "2", "dropped: inactive": "2", "waiting": "0", "waiting_for_camera_info": "0"}

    def is_said():
        return expected.items() <= probe.statistics(reports, "camera").items()

    probe.spin_until(is_said, "both of them dropped")
    assert lifecycle.change("activate")
    info = probe.publisher(CameraInfo, "/camera/camera_info")
    info.publish(CameraInfo(height=48, width=64, k=[50.0, 0.0, 31.5, 0.0, 50.0, 23.5, 0.0, 0.0, 1.0]))
    probe.spin_until(camera.is_heard, "the subscription again")
    probe.meet("held")
    camera.send(2000)
    camera.wait_for(2000)


def test_what_waits_for_a_partner_is_given_up_as_the_node_is_deactivated(probe, start_densify):
    densify, lifecycle = Densify(probe, start_densify, "parted"), Lifecycle(probe, "parted")
    densify.image.publish(array_to_image(color_image(0), header(1000)))
    probe.meet("parted")
    assert lifecycle.change("deactivate")
    densify.wait_for_report("without_partner", "1")
    densify.wait_for_report("waiting_for_partner", "0")
    assert lifecycle.change("activate")
    for one in (densify.image, densify.sparse):
        probe.spin_until(one.get_subscription_count, "a subscription again")
    probe.meet("parted")
    densify.sparse.publish(array_to_depth_image(sparse_depth(0), header(1000)))
    densify.send(1100, sparse_depth(0))
    densify.wait_for(1)
    assert [milliseconds(message) for message in densify.depth] == [1100]
    assert "found no partner" not in densify.node.log()
