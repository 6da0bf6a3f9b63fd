"""A ROS domain of this process's own, reserved when this is imported, which has to be before rclpy, until it ends."""

from contextlib import ExitStack

from superpoint_ros.cli.node_process import private_domain

RESERVED = ExitStack()
DOMAIN = RESERVED.enter_context(private_domain())
