"""A node that waits for something while it takes what comes."""

from __future__ import annotations

import time
from collections.abc import Callable

import rclpy
from rclpy.node import Node

POLL_S = 0.1


class SpinningNode(Node):
    """Spin until what is waited for is there.

    Args:
        name: Name of this ROS node.
        check: Called while waiting; may raise.
    """

    def __init__(self, name: str, check: Callable[[], None]):
        super().__init__(name)
        self._check = check

    def spin_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Tell whether a condition came true in time [s]."""
        deadline = time.monotonic() + timeout
        while not condition():
            self._check()
            if time.monotonic() > deadline:
                return False
            rclpy.spin_once(self, timeout_sec=POLL_S)
        return True

    def spin_for(self, seconds: float) -> None:
        """Spin so long."""
        self.spin_until(lambda: False, seconds)
