"""What /diagnostics says of a node over real DDS: levels as they are meant, what is wrong, and the cure."""

from __future__ import annotations

from helpers.ros_probe import NodeProcess, header, parameter_arguments, texture
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (48, 64)
SIDES = ("left", "right")
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)


def test_the_level_of_a_camera_follows_what_becomes_of_its_images(probe, start_node):
    start_node({"max_keypoints": 40, "detection_threshold": 0.0}, "watched")
    reports = probe.collect_reports("watched")
    stamps = iter(range(0, 10**6, 100))

    def line(name="camera"):
        return probe.statistics(reports, name)

    def wait_for(level, words, turn=lambda: None):
        def is_said():
            turn()
            return line().get("level") == level and words in line()["message"]

        probe.spin_until(is_said, f"{level}: {words}")
        return line()

    silent = wait_for("ERROR", "no sensor_msgs/msg/Image received since the start")
    assert "start what publishes it, or correct the topic's name" in silent["message"]

    publisher = probe.publisher(Image, "/camera/image_raw")

    def send():
        publisher.publish(array_to_image(texture(0, SIZE), header(next(stamps))))
        probe.spin_for(0.05)

    def send_nonsense():
        message = array_to_image(texture(0, SIZE), header(next(stamps)))
        message.encoding = "fog"
        publisher.publish(message)
        probe.spin_for(0.05)

    well = wait_for("OK", "running", send)
    assert float(well["rate_in_hz"]) > 0.0
    assert float(well["rate_out_hz"]) > 0.0
    assert float(well["latency_p95_ms"]) > 0.0
    assert int(well["tracks"]) > 0

    some = wait_for("WARN", "skipped, the newest: [encoding]", send_nonsense)
    assert "fog" in some["message"]

    probe.node.destroy_publisher(publisher)
    unplugged = wait_for("STALE", "no sensor_msgs/msg/Image received for")
    assert "start what publishes it" in unplugged["message"]
    assert line("node state")["level"] == "OK"


def test_features_that_never_come_are_said_though_both_calibrations_do(probe, tmp_path):
    topics = {f"{side}_{kind}": f"/halfway/{side}/{kind}" for side in SIDES for kind in ("features", "camera_info")}
    node = NodeProcess(tmp_path / "log", parameter_arguments(topics, "halfway"), "triangulate")
    reports = probe.collect_reports("halfway")
    infos = [probe.publisher(CameraInfo, f"/halfway/{side}/camera_info") for side in SIDES]
    probe.publisher(Features, "/halfway/left/features", BEST_EFFORT)

    def is_said(side):
        for publisher in infos:
            publisher.publish(CameraInfo())
        probe.spin_for(0.05)
        line = probe.statistics(reports, side)
        assert "% of the messages" not in line.get("message", "")
        return line.get("level") == "ERROR" and "no superpoint_ros/msg/Features received" in line["message"]

    for side in SIDES:
        probe.spin_until(lambda side=side: is_said(side), f"an error about {side}")
    assert node.stop() == 0
