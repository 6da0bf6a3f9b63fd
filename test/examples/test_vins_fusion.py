"""VINS-Fusion's features, byte for byte, and the node over real DDS."""

from __future__ import annotations

import signal
import struct
import subprocess
import sys

import numpy as np
import pytest
import vins_fusion
from helpers.ros_probe import header
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import PointCloud
from std_msgs.msg import Bool

from superpoint_ros.core.types import Tracks
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.messages.features import tracks_to_message
from superpoint_ros.ros.messages.stamps import time_message

XY = np.float32([[100.5, 50.25], [7, 8], [300, 200]])
NORMALIZED = np.float32([[0.25, -0.5], [np.nan, np.nan], [0.125, 1]])
VELOCITY = np.float32([[0, 0], [np.nan, np.nan], [-1.5, 2]])


def message(milliseconds: int = 1500, epoch: int = 0, *, calibrated: bool = True) -> TracksMessage:
    nan = np.full(3, np.nan, np.float32)
    tracks = Tracks(
        epoch, np.array([4, 5, 2**24 + 6]), np.array([1, 2, 3], np.int32), XY, np.full((3, 2), np.nan, np.float32),
        nan, nan, np.array([0, 1, 1], np.uint8), np.zeros(0, np.int64),
    )  # fmt: skip
    known = (NORMALIZED, VELOCITY) if calibrated else ()
    return tracks_to_message(tracks, header(milliseconds), "camera", time_message(0), *known)


def cdr(stamp: tuple[int, int], frame: str, points: list[list[float]], channels: dict[str, list[float]]) -> bytes:
    """Serialize a PointCloud as OMG's CDR has it: little-endian, everything here aligned to 4 bytes."""

    def text(value: str) -> bytes:
        data = value.encode() + b"\0"
        return struct.pack("<I", len(data)) + data + b"\0" * (-len(data) % 4)

    body = struct.pack("<iI", *stamp) + text(frame) + struct.pack("<I", len(points))
    body += b"".join(struct.pack("<3f", *point) for point in points) + struct.pack("<I", len(channels))
    for name, values in channels.items():
        body += text(name) + struct.pack(f"<I{len(values)}f", len(values), *values)
    return b"\0\1\0\0" + body


def test_the_bytes():
    expected = cdr((1, 500_000_000), "optical", [[0.25, -0.5, 1], [0.125, 1, 1]], {
        "feature_id": [4, 6], "camera_id": [0, 0], "p_u": [100.5, 300], "p_v": [50.25, 200],
        "velocity_x": [0, -1.5], "velocity_y": [0, 2], "gx": [0, 0], "gy": [0, 0], "gz": [0, 0],
    })  # fmt: skip
    assert deserialize_message(expected, PointCloud) == vins_fusion.tracks_to_point_cloud(message())


def test_tracks_of_an_unknown_camera_are_refused():
    with pytest.raises(ValueError, match="no CameraInfo"):
        vins_fusion.tracks_to_point_cloud(message(calibrated=False))


def test_the_node_sends_features_and_restarts_at_an_epoch(probe):
    node = subprocess.Popen([sys.executable, vins_fusion.__file__])
    try:
        clouds, restarts = probe.collect(PointCloud, "/feature_tracker/feature"), probe.collect(Bool, "/vins_restart")
        publisher = probe.publisher(TracksMessage, "/tracks")
        for milliseconds, epoch, calibrated in ((100, 0, True), (200, 0, False), (300, 0, True), (400, 1, True)):
            publisher.publish(message(milliseconds, epoch, calibrated=calibrated))
        probe.spin_until(lambda: len(clouds) == 3 and restarts, "features and a restart")
    finally:
        node.send_signal(signal.SIGINT)
        assert node.wait(timeout=20) == 0
    assert [cloud.header.stamp.nanosec // 1_000_000 for cloud in clouds] == [100, 300, 400]
    assert [restart.data for restart in restarts] == [True]
