"""One input over real DDS: it is heard whatever the publisher offers, and says what is wrong."""

from __future__ import annotations

import time

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from helpers.ros_camera_process import CameraProcess, Film
from helpers.ros_probe import TELLS_PUBLISHERS, Probe
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.ros.runtime.topic_input import TopicInput

BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Listener:
    """A TopicInput of a node that is spun by the test, its publishers followed and its problems asked for."""

    def __init__(self, probe: Probe, topic: str, message_type: type = Image, **options):
        self.probe, self.messages = probe, []
        self.input = TopicInput(probe.node, topic, message_type, self.messages.append, **{"policy": "latest"} | options)
        self.input.open()
        self.problem, self._checked = "", time.monotonic()

    def step(self):
        self.input.follow_publishers()
        if time.monotonic() - self._checked >= 1.0:
            self.problem, self._checked = "; ".join(map(str, self.input.check())), time.monotonic()

    def wait(self, condition, what):
        def stepped():
            self.step()
            return condition()

        self.probe.spin_until(stepped, what)


def publish_until_heard(listener, publisher, message, what):
    def heard():
        publisher.publish(message)
        time.sleep(0.02)
        return listener.messages

    listener.wait(heard, what)
    listener.messages.clear()


def test_publishers_of_either_reliability_are_heard_as_they_come_and_go(probe):
    listener = Listener(probe, "/changing")
    reliable = probe.node.create_publisher(Image, "/changing", 5)
    publish_until_heard(listener, reliable, Image(), "a reliable publisher")
    best_effort = probe.node.create_publisher(Image, "/changing", BEST_EFFORT)
    publish_until_heard(listener, best_effort, Image(), "a best-effort publisher beside it")
    publish_until_heard(listener, reliable, Image(), "the reliable publisher still")
    probe.node.destroy_publisher(best_effort)
    listener.wait(lambda: listener.input.qos.reliability == ReliabilityPolicy.RELIABLE, "reliability again")
    publish_until_heard(listener, reliable, Image(), "the reliable publisher again")
    probe.node.destroy_publisher(reliable)


@pytest.mark.parametrize("first", ["publisher", "subscriber"])
def test_a_calibration_published_once_and_kept_is_heard(probe, first):
    topic = f"/latched_{first}_first"
    if first == "publisher":
        probe.node.create_publisher(CameraInfo, topic, LATCHED).publish(CameraInfo(width=640))
    listener = Listener(probe, topic, CameraInfo, latched=True)
    if first == "subscriber":
        probe.spin_for(0.5)
        probe.node.create_publisher(CameraInfo, topic, LATCHED).publish(CameraInfo(width=640))
    listener.wait(lambda: listener.messages, "a latched CameraInfo")
    assert listener.messages[0].width == 640


def test_a_calibration_published_with_every_image_is_heard(probe):
    listener = Listener(probe, "/volatile", CameraInfo, latched=True)
    publish_until_heard(listener, probe.node.create_publisher(CameraInfo, "/volatile", 5), CameraInfo(), "CameraInfo")


def test_what_the_user_asks_for_stays(probe):
    stubborn = Probe("stubborn")
    name = "qos_overrides./stubborn.subscription.durability"
    stubborn.node._parameter_overrides[name] = Parameter(name, value="transient_local")
    listener = Listener(stubborn, "/stubborn")
    probe.node.create_publisher(Image, "/stubborn", LATCHED).publish(Image(width=3))
    listener.wait(lambda: listener.messages, "an image of before")
    stubborn.close()


def test_every_large_image_of_another_process_is_heard(probe):
    listener = Listener(probe, "/large")
    camera = CameraProcess(Film(("/large",), (1080, 1920), 20, 5.0))
    listener.wait(lambda: camera.process.poll() is not None, "the film's end")
    assert len(listener.messages) == 20
    assert listener.input.statistics["lost"] == 0


def test_best_effort_images_that_do_not_arrive_are_said_with_size_share_and_cure(probe):
    listener = Listener(probe, "/lossy")
    camera = CameraProcess(Film(("/lossy",), (480, 640), 60, 10.0, reliable=False))
    listener.wait(lambda: "/driver publishes with best effort" in listener.problem, "the warning")
    assert "FASTDDS_BUILTIN_TRANSPORTS=LARGE_DATA" in listener.problem
    assert "docs/middleware.md" in listener.problem
    camera.close()


class CalibratedCamera:
    """The two inputs of a camera whose CameraInfo comes, whatever becomes of its images."""

    def __init__(self, probe: Probe, name: str):
        self.probe = probe
        self.info_listener = Listener(probe, f"/{name}/camera_info", CameraInfo, latched=True)
        self.listener = Listener(probe, f"/{name}/image", companion=self.info_listener.input)
        self._infos = probe.node.create_publisher(CameraInfo, f"/{name}/camera_info", 5)

    def wait_for(self, level: bytes, words: str, turn=lambda: None) -> None:
        def is_said():
            turn()
            self._infos.publish(CameraInfo())
            time.sleep(0.02)
            self.info_listener.step()
            found = self.listener.input.problems.values()
            return any(one.level == level and words in str(one) for one in found)

        self.listener.wait(is_said, f"{level!r}: {words}")
        assert "% of the messages" not in self.listener.problem or "% of the messages" in words


def test_images_that_nobody_sends_are_not_called_lost_because_their_calibration_comes(probe):
    camera = CalibratedCamera(probe, "misnamed")
    camera.wait_for(DiagnosticStatus.ERROR, "no sensor_msgs/msg/Image received since the start")
    assert "start what publishes it" in camera.listener.problem


def test_images_that_a_reliable_camera_stops_sending_are_not_called_lost_because_their_calibration_comes(probe):
    camera = CalibratedCamera(probe, "stuck")
    images = probe.node.create_publisher(Image, "/stuck/image", 5)
    publish_until_heard(camera.listener, images, Image(), "an image")
    for _ in range(10):
        publish_until_heard(camera.listener, images, Image(), "more images")
    camera.wait_for(DiagnosticStatus.STALE, "no sensor_msgs/msg/Image received for")
    camera.probe.spin_for(0.5)
    camera.wait_for(DiagnosticStatus.STALE, "/probe (reliable) publishes nothing: look at its log")


def test_images_of_a_best_effort_camera_that_do_not_come_are_lost_by_what_their_calibration_shows(probe):
    camera = CalibratedCamera(probe, "vanishing")
    probe.node.create_publisher(Image, "/vanishing/image", BEST_EFFORT)
    camera.wait_for(DiagnosticStatus.WARN, "0 % of the messages (of unknown size, as none has arrived) arrive")


def test_a_camera_that_is_unplugged_is_said_within_three_seconds_and_forgotten_when_it_returns(probe):
    listener = Listener(probe, "/unplugged")
    camera = probe.node.create_publisher(Image, "/unplugged", 5)

    def play():
        camera.publish(Image())
        time.sleep(0.05)
        return listener.problem == "" and len(listener.messages) > 10

    listener.wait(play, "a working stream")
    unplugged = time.monotonic()
    listener.wait(lambda: "no sensor_msgs/msg/Image received for" in listener.problem, "a warning")
    assert time.monotonic() - unplugged < 3.0
    listener.messages.clear()
    listener.wait(play, "the warning's end")


@pytest.mark.skipif(not TELLS_PUBLISHERS, reason="rclpy before Kilted does not say whose a message is")
def test_two_publishers_on_one_topic_are_both_heard_and_said(probe):
    listener = Listener(probe, "/mixed")
    first, second = (probe.node.create_publisher(Image, "/mixed", 5) for _ in range(2))
    publish_until_heard(listener, first, Image(), "the first publisher")
    publish_until_heard(listener, second, Image(), "the second publisher")

    def mixed():
        first.publish(Image(width=1))
        second.publish(Image(width=2))
        time.sleep(0.02)
        return "messages of 2 publishers are mixed: /probe (reliable), /probe (reliable)" in listener.problem

    listener.wait(mixed, "the warning")
    listener.wait(lambda: {1, 2} <= {message.width for message in listener.messages}, "messages of both")
    probe.node.destroy_publisher(second)

    def alone():
        first.publish(Image())
        time.sleep(0.02)
        return listener.problem == ""

    listener.wait(alone, "the end of it")
