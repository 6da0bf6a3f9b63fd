"""Where a point cloud's frame is in the camera's optical frame: from a parameter, or from tf2 where it is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
from std_msgs.msg import Header

from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.runtime.options import PoseValues, pose_matrix
from superpoint_ros.ros.runtime.pipeline import Pipeline, TransformLookup


class CloudPose:
    """Answer for one cloud at a time.

    Args:
        T_camera_cloud: (4, 4), which then holds for every cloud; None = as the frames say.
        lookup: (target frame, source frame, stamp) -> T_target_source (4, 4), or a LookupError that says what is
            missing; None where there is no tf2.
    """

    def __init__(self, T_camera_cloud: np.ndarray | None, lookup: TransformLookup | None):
        self._T_camera_cloud, self._lookup = T_camera_cloud, lookup

    def find(self, cloud: Header, image: Header) -> np.ndarray:
        """Return T_camera_cloud (4, 4) at the cloud's stamp; a cloud without a frame_id is in the image's frame.

        Raises:
            InputError: The frames differ, and there is no transform between them.
        """
        if self._T_camera_cloud is not None:
            return self._T_camera_cloud
        if cloud.frame_id in ("", image.frame_id):
            return np.eye(4)
        between = f"points in frame '{cloud.frame_id}', image in frame '{image.frame_id}'"
        if self._lookup is None:
            text = f"{between}: set the parameter T_camera_cloud, or install tf2_ros, which is not here, and publish tf"
            raise InputError("no transform", text)
        try:
            return self._lookup(image.frame_id, cloud.frame_id, cloud.stamp)
        except LookupError as error:
            stamp = f"{cloud.stamp.sec}.{cloud.stamp.nanosec:09d}"
            unknown = f"tf knows no transform at {stamp} ({error})"
            text = f"{between}: {unknown}; publish it, or set the parameter T_camera_cloud"
            raise InputError("no transform", text) from error


def cloud_pose(node: Pipeline[Any, Any], values: PoseValues | None, *, is_cloud: bool) -> CloudPose:
    """Make what a node needs to place clouds; it asks for the transforms where no pose is given.

    Args:
        node: Knows the transforms.
        values: Value of the parameter T_camera_cloud.
        is_cloud: Whether the node reads clouds at all.
    """
    given = pose_matrix("T_camera_cloud", values)
    return CloudPose(given, node.transforms() if is_cloud and given is None else None)
