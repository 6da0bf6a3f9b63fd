"""The launch files with their defaults, so with `policy: latest`, on real bags from another process."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from helpers.bag_publisher import BagPublisher
from helpers.ros_probe import Probe, milliseconds
from helpers.shared_data import shared_data
from sensor_msgs.msg import Image

from superpoint_ros.msg import Matches

# From the data set's two sensor.yaml: T_BS of cam0, inverted, times T_BS of cam1.
EUROC_T_LEFT_RIGHT = "0.11007414,-0.00015661,0.00088938,0.00704531,-0.00017985,0.00115733,0.9999745"
# Pairs, and pairs a second: what two busy cores manage.
PAIRS = int(os.environ.get("SUPERPOINT_ROS_PAIRS", "4"))
RATE = float(os.environ.get("SUPERPOINT_ROS_RATE", "0.15"))


@pytest.fixture
def play():
    publishers: list[BagPublisher] = []

    def play(name: str, topics: list[str]) -> None:
        publishers.append(BagPublisher(shared_data(f"bags/{name}"), topics, RATE, PAIRS))

    yield play
    for publisher in publishers:
        publisher.stop()


def test_every_stereo_pair_becomes_matches_and_dense_depth(start, play):
    topics = {f"{side}_topic": f"/cam{number}/image_raw" for number, side in enumerate(("left", "right"))}
    launched = start("perception", T_left_right=EUROC_T_LEFT_RIGHT, **topics)
    probe = Probe()
    outputs = {
        "matches": probe.collect(Matches, "/triangulate/matches"),
        "sparse depth": probe.collect(Image, "/triangulate/sparse_depth"),
        "dense depth": probe.collect(Image, "/densify/depth"),
    }
    play("euroc_v101_stereo_imu_sqlite3", [f"/cam{n}/{name}" for n in (0, 1) for name in ("camera_info", "image_raw")])
    probe.spin_for(PAIRS / RATE)
    for name, messages in outputs.items():
        probe.spin_until(lambda messages=messages: len(messages) >= PAIRS, f"all {name}: {launched.log()}")
    assert [len(messages) for messages in outputs.values()] == [PAIRS] * 3
    stamps = [{milliseconds(message) for message in outputs[name]} for name in ("sparse depth", "dense depth")]
    assert [len(found) for found in stamps] == [PAIRS] * 2
    assert all(len(message.index0) > 50 for message in outputs["matches"])
    probe.close()


def test_every_image_with_depth_becomes_dense_depth(start, play):
    camera = "/camera/color"
    topics = {"image_topic": f"{camera}/image_raw", "sparse_topic": "/camera/aligned_depth_to_color/image_raw"}
    launched = start("densify", **topics)
    probe = Probe()
    depth = probe.collect(Image, "/densify/depth")
    play("kitchen_rgbd_mcap", [f"{camera}/camera_info", *topics.values()])
    probe.spin_for(PAIRS / RATE)
    probe.spin_until(lambda: len(depth) >= PAIRS, f"all dense depth: {launched.log()}")
    assert len({milliseconds(message) for message in depth}) == len(depth) == PAIRS
    probe.close()
