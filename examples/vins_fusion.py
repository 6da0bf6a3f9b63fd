"""Tracks of the frontend node for VINS-Fusion, which then needs no feature tracker of its own.

python examples/vins_fusion.py --ros-args -r tracks:=/frontend/camera/tracks

VINS-Fusion's estimator listens to /feature_tracker/feature and /vins_restart. It needs the normalized coordinates that
the frontend has once it has a CameraInfo.
"""

from __future__ import annotations

import numpy as np
import rclpy
from geometry_msgs.msg import Point32
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import ChannelFloat32, PointCloud
from std_msgs.msg import Bool

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.features import message_to_tracks

# Ids travel as float32, which is exact up to here.
ID_LIMIT = 2**24
# VINS-Fusion reads the last three, the true position of a simulated point, whenever there are more than five channels.
CHANNELS = ("feature_id", "camera_id", "p_u", "p_v", "velocity_x", "velocity_y", "gx", "gy", "gz")


def tracks_to_point_cloud(message: Tracks) -> PointCloud:
    """Convert tracks of one camera to VINS-Fusion's points (X/Z, Y/Z, 1); those that have no such are left out.

    Raises:
        InputError: Arrays of different lengths.
        ValueError: Tracks without normalized coordinates.
    """
    tracks = message_to_tracks(message)
    optional = (message.normalized_x, message.normalized_y, message.velocity_x, message.velocity_y)
    if any(len(values) != len(tracks) for values in optional):
        raise ValueError("tracks without normalized coordinates: the frontend node has no CameraInfo")
    x, y, velocity_x, velocity_y = (np.frombuffer(values, np.float32) for values in optional)
    zero = np.zeros(len(tracks))
    columns = (tracks.id % ID_LIMIT, zero, *tracks.xy.T, velocity_x, velocity_y, zero, zero, zero)
    good = np.isfinite(np.stack([x, y, velocity_x, velocity_y])).all(axis=0)
    return PointCloud(
        header=message.header,
        points=[Point32(x=float(u), y=float(v), z=1.0) for u, v in zip(x[good], y[good], strict=True)],
        channels=[
            ChannelFloat32(name=name, values=column[good].astype(np.float32).tolist())
            for name, column in zip(CHANNELS, columns, strict=True)
        ],
    )


class VinsFusionBridge(Node):
    """Send tracks on as VINS-Fusion's features, and restart it where the frontend has reset its tracks."""

    def __init__(self) -> None:
        super().__init__("vins_fusion_bridge")
        self._epoch: int | None = None
        self._features = self.create_publisher(PointCloud, "/feature_tracker/feature", 100)
        self._restart = self.create_publisher(Bool, "/vins_restart", 5)
        self.create_subscription(Tracks, "tracks", self._on_tracks, 100)

    def _on_tracks(self, message: Tracks) -> None:
        try:
            cloud = tracks_to_point_cloud(message)
        except ValueError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=10.0)
            return
        if self._epoch not in (None, message.epoch):
            self.get_logger().info(f"tracks reset (epoch {message.epoch}); VINS-Fusion restarted")
            self._restart.publish(Bool(data=True))
        self._epoch = message.epoch
        self._features.publish(cloud)


def main() -> None:
    """Run the node until it is stopped."""
    rclpy.init()
    try:
        rclpy.spin(VinsFusionBridge())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
