"""The launch files with their defaults, so with `policy: latest`, on real bags from another process."""

from __future__ import annotations

import os
import time
from typing import Any

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
# Pairs that are played, at this share of the rate at which the machine answers.
PAIRS = int(os.environ.get("SUPERPOINT_ROS_PAIRS", "4"))
LOAD, BUSY_WAIT_S = 0.4, 120.0


class Session:
    """Plays a bag to nodes that are running, at a rate that the machine can serve, and waits for the answers."""

    def __init__(self, bag: str, topics: list[str]):
        self._bag, self._topics = shared_data(f"bags/{bag}"), topics
        self._publishers: list[BagPublisher] = []

    def play(self, probe: Probe, answers: list[Any], what: str) -> None:
        """Send one pair, measure the time to its answer, then send PAIRS more at the rate that follows from it."""
        self._send(1.0, 1)
        probe.spin_until(lambda: answers, f"a first {what}", wait=BUSY_WAIT_S)
        start, before = milliseconds(answers[0]), time.time()
        rate = LOAD / max(0.2, before - start / 1000)
        self._send(rate, PAIRS)
        probe.spin_for(PAIRS / rate)
        probe.spin_until(
            lambda: len(answers) >= 1 + PAIRS, f"{PAIRS} {what} at {rate:.2f} Hz; there are {len(answers)}"
        )
        print(f"{PAIRS} pairs at {rate:.2f} Hz, {len(answers) - 1} {what}")

    def _send(self, rate: float, times: int) -> None:
        self._publishers.append(BagPublisher(self._bag, self._topics, rate, times))

    def stop(self) -> None:
        for publisher in self._publishers:
            publisher.stop()


@pytest.fixture
def session():
    sessions: list[Session] = []

    def make(bag: str, topics: list[str]) -> Session:
        sessions.append(Session(bag, topics))
        return sessions[-1]

    yield make
    for one in sessions:
        one.stop()


def test_every_stereo_pair_becomes_matches_and_dense_depth(start, session):
    topics = {f"{side}_topic": f"/cam{number}/image_raw" for number, side in enumerate(("left", "right"))}
    launched = start("perception", T_left_right=EUROC_T_LEFT_RIGHT, **topics)
    probe = Probe()
    outputs = {
        "matches": probe.collect(Matches, "/triangulate/matches"),
        "sparse depth": probe.collect(Image, "/triangulate/sparse_depth"),
        "dense depth": probe.collect(Image, "/densify/depth"),
    }
    inputs = [f"/cam{number}/{name}" for number in (0, 1) for name in ("camera_info", "image_raw")]
    session("euroc_v101_stereo_imu_sqlite3", inputs).play(probe, outputs["dense depth"], "dense depths")
    assert [len(messages) for messages in outputs.values()] == [1 + PAIRS] * 3, launched.log()
    stamps = [{milliseconds(message) for message in outputs[name]} for name in ("sparse depth", "dense depth")]
    assert [len(found) for found in stamps] == [1 + PAIRS] * 2
    assert all(len(message.index0) > 50 for message in outputs["matches"])
    probe.close()


def test_every_image_with_depth_becomes_dense_depth(start, session):
    camera = "/camera/color"
    topics = {"image_topic": f"{camera}/image_raw", "sparse_topic": "/camera/aligned_depth_to_color/image_raw"}
    launched = start("densify", **topics)
    probe = Probe()
    depth = probe.collect(Image, "/densify/depth")
    session("kitchen_rgbd_mcap", [f"{camera}/camera_info", *topics.values()]).play(probe, depth, "dense depths")
    assert len({milliseconds(message) for message in depth}) == len(depth) == 1 + PAIRS, launched.log()
    probe.close()
