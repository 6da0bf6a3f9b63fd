"""A node started, spun and stopped in one way, with a clean line where it cannot start."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

import rclpy
from rclpy.exceptions import NameValidationException, ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.ros.runtime.stopping import StopSignals

RCLError = rclpy_implementation.RCLError


class StoppableNode(Protocol):
    """Describe a node that has work in progress when it is told to stop."""

    def stop(self) -> bool:
        """End the work in progress; tell whether it has ended."""
        ...


def run_node(
    make_node: Callable[[], StoppableNode], name: str, args: list[str] | None = None, stop: StopSignals | None = None
) -> int:
    """Run a node until it is told to stop; return the program's exit status, 1 where it cannot start.

    Args:
        make_node: The node's class; its errors of SuperPointRosError and ParameterException are logged in one line.
        name: Name of the logger before there is a node.
        args: Arguments of the command line; None = the program's own.
        stop: Who tells it to stop; None = rclpy's own signal handlers.
    """
    try:
        rclpy.init(args=args, signal_handler_options=None if stop is None else SignalHandlerOptions.NO)
    except RCLError as error:
        print(f"{name}: {describe_init_error(str(error))}", file=sys.stderr)
        return 1
    try:
        node = make_node()
    except (SuperPointRosError, ParameterException, NameValidationException, RCLError) as error:
        if not rclpy.ok():  # A signal shuts the context down while the node is being made.
            return 0
        get_logger(name).fatal(str(error))
        rclpy.try_shutdown()
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()
        return 0
    except RuntimeError:
        if rclpy.ok():
            raise
        return 0
    if stop is not None:
        stop.call_on_stop(rclpy.try_shutdown)
    return _spin(node)


def _spin(node: StoppableNode) -> int:
    assert isinstance(node, Node)
    try:
        _spin_through_refusals(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:
        # A signal shuts the context down at any moment, and then rclpy's next wait has none to wait with.
        if rclpy.ok():
            raise
    finally:
        ended = node.stop()
        rclpy.try_shutdown()
        if ended:
            node.destroy_node()
    return 0


def _spin_through_refusals(node: Node) -> None:
    """Spin; a transition that the state of a managed node does not have is an error to rclpy before 9 (Jazzy)."""
    while True:
        try:
            return rclpy.spin(node)
        except RCLError as error:
            if not rclpy.ok() or "transition" not in str(error):
                raise
            node.get_logger().error(str(error).split(", at /")[0])


def describe_init_error(text: str) -> str:
    """Say in one line why ROS cannot start, and the cure."""
    line = text.replace("\n", " ").split(", at /")[0]
    if "log directory" in line:
        return f"{line}: set ROS_LOG_DIR to a folder that can be written"
    if "ROS_DOMAIN_ID" in line:
        return f"{line}: unset it, or set it to a number from 0 to 101"
    if "params file" in line:
        return f"{line}: correct the parameter file"
    return f"{line}: correct the arguments after --ros-args"
