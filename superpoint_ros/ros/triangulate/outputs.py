"""What the triangulate node publishes of one pair of images."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.sparse_depth import sparse_depth_from_points
from superpoint_ros.core.stereo import StereoDepth
from superpoint_ros.msg import Features, Matches
from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.features import matches_to_message
from superpoint_ros.ros.messages.point_clouds import columns_to_cloud
from superpoint_ros.ros.runtime.qos import output_publisher


class TriangulateOutputs:
    """Matches, sparse depth and CameraInfo; a point cloud while somebody subscribes to it.

    Args:
        node: owns the publishers.
        policy: decides their QoS.
    """

    def __init__(self, node: Node, policy: str):
        self._matches = output_publisher(node, Matches, "matches", policy)
        self._sparse_depth = output_publisher(node, Image, "sparse_depth", policy)
        self._camera_info = output_publisher(node, CameraInfo, "camera_info", policy)
        self._points = output_publisher(node, PointCloud2, "points", policy)

    def publish(self, left: Features, right: Features, stereo: StereoDepth, camera: Camera, info: CameraInfo) -> None:
        """Everything of one pair, with the left image's header.

        Args:
            left, right: the messages that were matched.
            stereo: what came of it.
            camera: the left one.
            info: its calibration, with the left image's size and header.
        """
        rows = stereo.matches.index0
        xy = np.column_stack([np.asarray(left.x)[rows], np.asarray(left.y)[rows]])
        sparse = sparse_depth_from_points(xy, stereo.depth, (left.height, left.width))
        self._matches.publish(matches_to_message(stereo.matches, left, right))
        self._sparse_depth.publish(array_to_depth_image(sparse, left.header))
        self._camera_info.publish(info)
        if self._points.get_subscription_count():
            self._points.publish(self._cloud(xy, stereo.depth, camera, left))

    @staticmethod
    def _cloud(xy: np.ndarray, depth: np.ndarray, camera: Camera, left: Features) -> PointCloud2:
        """Points in the left optical frame [m] with their pixels u, v, one per match and in the same order."""
        x, y = (camera.normalize(xy) * depth[:, None]).T
        return columns_to_cloud({"x": x, "y": y, "z": depth, "u": xy[:, 0], "v": xy[:, 1]}, left.header)
