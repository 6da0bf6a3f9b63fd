"""Where a point cloud's frame is in the camera's optical frame: from a parameter, or from tf2 where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time as RosTime
from std_msgs.msg import Header

from superpoint_ros.core.geometry import pose_from_quaternion
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.runtime.options import PoseValues, pose_matrix

# A transform may come a little later than the cloud that it belongs to; and replay may lag far behind both.
WAIT_S = 0.1
REMEMBERED_S = 60.0

Lookup: TypeAlias = Callable[[str, str, Time], np.ndarray]


class CloudPose:
    """Answer for one cloud at a time.

    Args:
        T_camera_cloud: (4, 4), which then holds for every cloud; None = as the frames say.
        lookup: (target frame, source frame, stamp) -> T_target_source (4, 4), or a LookupError that says what is
            missing; None where there is no tf2.
    """

    def __init__(self, T_camera_cloud: np.ndarray | None, lookup: Lookup | None):
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


def tf2_lookup(node: Node) -> Lookup | None:
    """Return a Lookup in what tf2 hears while the node is spun; None where tf2_ros is not installed."""
    try:
        from tf2_ros import Buffer, TransformException, TransformListener
    except ImportError:
        return None
    buffer = Buffer(Duration(seconds=REMEMBERED_S), node)
    listener = TransformListener(buffer, node)

    def lookup(target: str, source: str, stamp: Time) -> np.ndarray:
        try:
            found = listener.buffer.lookup_transform(target, source, RosTime.from_msg(stamp), Duration(seconds=WAIT_S))
        except TransformException as error:
            raise LookupError(str(error)) from error
        shift, turn = found.transform.translation, found.transform.rotation
        return pose_from_quaternion(np.array([shift.x, shift.y, shift.z]), np.array([turn.x, turn.y, turn.z, turn.w]))

    return lookup


def cloud_pose(node: Node, values: PoseValues | None, *, is_cloud: bool) -> CloudPose:
    """Make what a node needs to place clouds; it listens to tf2 where no pose is given.

    Args:
        node: Listens to tf2.
        values: Value of the parameter T_camera_cloud.
        is_cloud: Whether the node reads clouds at all.
    """
    given = pose_matrix("T_camera_cloud", values)
    return CloudPose(given, tf2_lookup(node) if is_cloud and given is None else None)
