"""Transforms between frames, from tf2 where it is installed."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time as RosTime

from superpoint_ros.core.geometry import pose_from_quaternion
from superpoint_ros.ros.runtime.pipeline import TransformLookup

# A transform may come a little later than the cloud that it belongs to; and replay may lag far behind both.
WAIT_S = 0.1
REMEMBERED_S = 60.0


def tf2_lookup(node: Node) -> TransformLookup | None:
    """Return a lookup in what tf2 hears while the node is spun; None where tf2_ros is not installed."""
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
