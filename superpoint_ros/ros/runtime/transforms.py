"""Transforms between frames, from tf2 where it is installed."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time as RosTime

from superpoint_ros.core.geometry import pose_from_quaternion
from superpoint_ros.core.stamps import SECOND, nanoseconds

# A transform may come a little later than the cloud that it belongs to; and replay may lag far behind both.
WAIT_S = 0.1
REMEMBERED_S = 60.0
# A stamp this much before the newest is one of a bag or a simulation that has begun anew.
STEP_BACK_S = 1.0


def tf2_lookup(node: Node) -> Tf2Lookup | None:
    """Return a lookup in what tf2 hears while the node is spun; None where tf2_ros is not installed."""
    try:
        import tf2_ros
    except ImportError:
        return None
    return Tf2Lookup(node, tf2_ros)


class Tf2Lookup:
    """Look transforms up in what tf2 hears, until it is closed.

    Where stamps go back, as those of a bag that is played in a loop, what tf2 remembers is of another time: it would
    refuse what is older by more than it remembers, and mix the rest. It is then forgotten, static transforms aside.

    Args:
        node: Listens.
        tf2: The module tf2_ros.
    """

    def __init__(self, node: Node, tf2: ModuleType):
        self._tf2 = tf2
        # A buffer that is given a node leaves a service and a callback on it for good.
        self._buffer = tf2.Buffer(Duration(seconds=REMEMBERED_S))
        self._listener = tf2.TransformListener(self._buffer, node)
        self._newest = 0

    def __call__(self, target: str, source: str, stamp: Time) -> np.ndarray:
        """Return T_target_source (4, 4) at a stamp.

        Raises:
            LookupError: There is none; it says what is missing.
        """
        self._forget_later_than(nanoseconds(stamp))
        try:
            found = self._buffer.lookup_transform(target, source, RosTime.from_msg(stamp), Duration(seconds=WAIT_S))
        except self._tf2.TransformException as error:
            raise LookupError(str(error)) from error
        shift, turn = found.transform.translation, found.transform.rotation
        return pose_from_quaternion(np.array([shift.x, shift.y, shift.z]), np.array([turn.x, turn.y, turn.z, turn.w]))

    def _forget_later_than(self, stamp: int) -> None:
        if stamp < self._newest - STEP_BACK_S * SECOND:
            self._buffer.clear()
            self._newest = stamp
        self._newest = max(self._newest, stamp)

    def close(self) -> None:
        """Listen no more."""
        self._listener.unregister()
