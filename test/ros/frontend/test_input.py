"""Input that cannot be used, parameters that are refused: the node says so and goes on, or does not start."""

from __future__ import annotations

import re
from array import array

import numpy as np
import pytest
from helpers.ros_probe import NodeProcess, Probe, header, parameter_arguments, texture
from helpers.ros_stereo import LEFT_SIZE, RIGHT_SIZE, png
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.features import message_to_features
from superpoint_ros.ros.messages.images import array_to_image


def bad_messages():
    gray = array("B", bytes(48 * 64))
    fine = {"height": 48, "width": 64, "encoding": "mono8", "step": 64, "data": gray}
    nan = array("B", np.full((48, 64), np.nan, np.float32).tobytes())
    return {
        "encoding": [
            Image(),
            Image(**fine | {"encoding": "mono9"}),
            Image(**fine | {"encoding": "32FC1", "data": nan}),
        ],
        "size": [Image(**fine | {"width": 0}), Image(**fine | {"height": 0})],
        "step": [Image(**fine | {"step": 63})],
        "data": [Image(**fine | {"data": gray[:-1]}), Image(**fine | {"data": array("B")})],
    }


def test_bad_images_are_named_counted_and_passed_over(stereo):
    stereo.clear()
    bad = bad_messages()
    for message in (message for messages in bad.values() for message in messages):
        message.header = stereo.next_header()
        stereo.left.publish(message)
    stereo.right.publish(CompressedImage(header=stereo.next_header(), format="jpeg", data=array("B", b"no image")))
    stereo.left.publish(array_to_image(texture(4, LEFT_SIZE), stereo.next_header()))
    stereo.right.publish(png(texture(4, RIGHT_SIZE), stereo.next_header()))
    for name in ("left", "right"):
        stereo.wait_for(name, 1)
        assert len(stereo.tracks[name]) == 1
    stereo.settled()
    assert stereo.statistics()["skipped"] == str(sum(map(len, bad.values())))
    for reason, messages in bad.items():
        assert stereo.statistics()[f"skipped: {reason}"] == str(len(messages))
        assert stereo.node.log().count(f"[{reason}]") == 1
    assert stereo.statistics("right")["skipped: conversion"] == "1"
    log = stereo.node.log()
    assert "/left/image_raw: image skipped [step]: step 63 is less than the 64 bytes" in log
    assert "/right/image_raw/compressed: image skipped [conversion]: 8 bytes of format 'jpeg'" in log


def test_a_stamp_that_goes_back_begins_a_new_epoch(stereo):
    stereo.clear()
    image = texture(5, LEFT_SIZE)
    for stamp in (stereo.stamp + 100, stereo.stamp + 200, 500, 600):
        stereo.left.publish(array_to_image(image, header(stamp)))
    stereo.stamp += 200
    stereo.wait_for("left", 4)
    before, last, restarted, after = stereo.tracks["left"]
    assert [message.epoch - before.epoch for message in (last, restarted, after)] == [0, 1, 1]
    assert set(restarted.age) == {1}
    assert set(restarted.status) == {Tracks.STATUS_NEW}
    assert (restarted.previous_stamp.sec, restarted.previous_stamp.nanosec) == (0, 0)
    assert after.previous_stamp == restarted.header.stamp
    assert max(after.age) == 2
    assert "/left/image_raw: timestamp jumped back" in stereo.node.log()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("detection_threshold", 1.5, "out of range"),
        ("detection_threshold", -0.5, "detection_threshold=-0.5 is not between 0 and 1"),
        ("nms_radius", "four", "type"),
        ("scales", [1.0, 1.0], "different numbers"),
        ("device", "cpu", "read-only"),
        ("policy", "latest", "read-only"),
        ("cameras.left.topic", "/other", "read-only"),
    ],
)
def test_bad_parameters_are_refused_at_run_time(stereo, name, value, reason):
    answer = stereo.probe.set_parameter("/frontend", name, value)
    assert not answer.successful
    assert reason in answer.reason


def test_parameters_can_be_changed_at_run_time(stereo):
    stereo.clear()
    image = texture(8, LEFT_SIZE)
    assert stereo.probe.set_parameter("/frontend", "max_keypoints", 5).successful
    stereo.left.publish(array_to_image(image, stereo.next_header()))
    stereo.wait_for("left", 1)
    assert stereo.probe.set_parameter("/frontend", "max_keypoints", 40).successful
    stereo.left.publish(array_to_image(image, stereo.next_header()))
    stereo.wait_for("left", 2)
    assert [len(message.x) for message in stereo.features["left"]] == [5, 40]


def test_scales_changed_at_run_time_hold_from_the_next_image(stereo, weights):
    stereo.clear()
    image = texture(9, LEFT_SIZE)
    assert stereo.probe.set_parameter("/frontend", "scales", [1.0, 2.0]).successful
    stereo.left.publish(array_to_image(image, stereo.next_header()))
    stereo.wait_for("left", 1)
    assert stereo.probe.set_parameter("/frontend", "scales", [1.0]).successful
    expected = Extractor(
        weights, options=DecodeOptions(max_keypoints=40, detection_threshold=0.0, scales=(1.0, 2.0))
    ).extract(image)
    got = message_to_features(stereo.features["left"][0])
    np.testing.assert_array_equal(got.xy, expected.xy)
    assert (expected.xy % 1 != 0).any()


def test_publishers_that_do_not_fit_are_named(stereo):
    best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    stranger = Probe("stranger")
    stranger.node.create_publisher(Image, "/left/image_raw", best_effort)
    stranger.node.create_publisher(Image, "/right/image_raw/compressed", 5)
    stereo.probe.spin_until(lambda: "incompatible QoS" in stereo.node.log(), "a warning on QoS")
    stereo.probe.spin_until(lambda: "publishes sensor_msgs/msg/Image" in stereo.node.log(), "a warning on the type")
    log, sender = stereo.node.log(), "(/stranger|a node of unknown name)"
    mismatch = "Best effort publisher and reliable subscription"
    assert re.search(rf"/left/image_raw: {sender} publishes with incompatible QoS \({mismatch}\)", log)
    assert "set qos_overrides./left/image_raw.subscription.* to fit" in log
    other = "publishes sensor_msgs/msg/Image, but sensor_msgs/msg/CompressedImage is subscribed to"
    assert re.search(rf"/right/image_raw/compressed: {sender} {other}", log)
    stereo.probe.spin_until(lambda: "incompatible QoS" in stereo.statistics()["message"], "the problem in a report")
    stranger.close()

    def running():
        stereo.left.publish(array_to_image(texture(4, LEFT_SIZE), stereo.next_header()))
        return stereo.statistics()["message"] == "running"

    stereo.probe.spin_until(running, "the problem to be over")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"device": "cuda:99"}, "device 'cuda:99' was asked for, but"),
        ({"backend": "abacus"}, "backend 'abacus' is not one of auto, openvino, torch"),
        ({"weights": "/nowhere/weights.safetensors"}, "weights '/nowhere/weights.safetensors': no such file"),
        ({"max_missed_frames": -1}, "Parameter max_missed_frames out of range"),
        ({"policy": "sometimes"}, "policy='sometimes' is not one of 'latest', 'every_frame'"),
    ],
)
def test_a_node_that_cannot_start_says_why_in_one_line(weights, tmp_path, parameters, message):
    node = NodeProcess(tmp_path / "node.log", parameter_arguments({"weights": weights, **parameters}))
    assert node.process.wait(40) == 1
    assert message in node.log()
    assert "Traceback" not in node.log()
    assert node.log().count("FATAL") == 1
