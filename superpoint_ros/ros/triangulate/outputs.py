"""What the triangulate node publishes of one pair of images."""

from __future__ import annotations

from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.sparse_depth import sparse_depth_from_points
from superpoint_ros.core.stereo import StereoDepth
from superpoint_ros.msg import Features, Matches
from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.features import matches_to_message
from superpoint_ros.ros.messages.point_clouds import columns_to_cloud
from superpoint_ros.ros.runtime.pipeline import Pipeline


class TriangulateOutputs:
    """Matches, sparse depth and CameraInfo; a point cloud while somebody subscribes to it.

    Args:
        node: Owns the publishers.
    """

    def __init__(self, node: Pipeline[Any, Any]):
        self._to = node.add_outputs(matches=Matches, sparse_depth=Image, camera_info=CameraInfo, points=PointCloud2)

    def publish(self, left: Features, right: Features, stereo: StereoDepth, camera: Camera, info: CameraInfo) -> None:
        """Publish everything of one pair, with the left image's header.

        Args:
            left: Message of the left camera.
            right: Message of the right camera.
            stereo: What came of them.
            camera: The left camera.
            info: Its calibration, with the left image's size and header.
        """
        rows = stereo.matches.index0
        xy = np.column_stack([np.asarray(left.x)[rows], np.asarray(left.y)[rows]])
        sparse = sparse_depth_from_points(xy, stereo.depth, (left.height, left.width))
        self._to["matches"].publish(matches_to_message(stereo.matches, left, right))
        self._to["sparse_depth"].publish(array_to_depth_image(sparse, left.header))
        self._to["camera_info"].publish(info)
        if self._to["points"].get_subscription_count():
            self._to["points"].publish(self._cloud(xy, stereo.depth, camera, left))

    @staticmethod
    def _cloud(xy: np.ndarray, depth: np.ndarray, camera: Camera, left: Features) -> PointCloud2:
        """Make points in the left optical frame [m] with their pixels u, v, one per match and in the same order."""
        x, y = (camera.normalize(xy) * depth[:, None]).T
        return columns_to_cloud({"x": x, "y": y, "z": depth, "u": xy[:, 0], "v": xy[:, 1]}, left.header)


def describe_no_depth(stereo: StereoDepth, keypoints0: int, keypoints1: int) -> str:
    """Say why two images gave no depth."""
    text = f"no depth from {keypoints0} and {keypoints1} keypoints"
    if stereo.triangulated:
        return f"{text}: none of {stereo.triangulated} triangulated matches lies between min_depth and max_depth"
    if stereo.candidates:
        text += f": {stereo.candidates} matches, none passes the reprojection check; are left and right swapped?"
    return text
