"""A node as a program: started, spun and stopped in one way, with a clean line where it cannot start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.node import Node

from superpoint_ros.core.errors import SuperPointRosError


class StoppableNode(Protocol):
    """A node that has work to finish when it is told to stop."""

    def stop(self) -> None:
        """Finish the work in progress."""


def run_node(make_node: Callable[[], StoppableNode], name: str, args: list[str] | None = None) -> int:
    """Run a node until it is told to stop; return the program's exit status, 1 where it cannot start.

    Args:
        make_node: The node's class; its errors of SuperPointRosError and ParameterException are logged in one line.
        name: Name of the logger before there is a node.
        args: Arguments of the command line; None = the program's own.
    """
    rclpy.init(args=args)
    try:
        node = make_node()
    except (SuperPointRosError, ParameterException) as error:
        get_logger(name).fatal(str(error))
        rclpy.try_shutdown()
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()
        return 0
    except RuntimeError:
        # A signal shuts the context down while the node is being made, and then it can make no more publishers.
        if rclpy.ok():
            raise
        return 0
    assert isinstance(node, Node)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:
        # A signal shuts the context down at any moment, and then rclpy's next wait has none to wait with.
        if rclpy.ok():
            raise
    finally:
        node.stop()
        rclpy.try_shutdown()
    return 0
