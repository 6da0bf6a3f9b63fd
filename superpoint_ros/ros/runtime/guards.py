"""Callbacks that end no node: an error in one of them is logged, and the node goes on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings


def guarded(callback: Callable[..., Any], what: str, node: Node, warnings: ThrottledWarnings) -> Callable[..., None]:
    """Return a callback that logs an error, at most every few seconds, where rclpy would stop spinning for it.

    Args:
        callback: What is to be called.
        what: What it does, for the log: "report".
        node: Owns the log; what fails because ROS is being shut down is no error.
        warnings: Log that does not flood.
    """

    def call(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception as error:
            text = f"{what} failed: {type(error).__name__}: {error}"
            if node.context.ok() and warnings.warn(node.get_name(), what, text):
                node.get_logger().error(traceback.format_exc())

    return call
