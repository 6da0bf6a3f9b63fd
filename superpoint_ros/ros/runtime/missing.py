"""What is said where ROS, or the messages of this package, are not installed; importing it needs neither."""

from __future__ import annotations

ROS_MODULES = {
    "ament_index_python", "builtin_interfaces", "diagnostic_msgs", "geometry_msgs", "rcl_interfaces", "rclpy",
    "sensor_msgs", "std_msgs",
}  # fmt: skip
MESSAGES = "superpoint_ros.msg"


def describe_missing_ros(module: str | None) -> str:
    """Say what is missing, and the cure, where a module that cannot be imported is of ROS; "" of any other.

    >>> describe_missing_ros("rclpy")
    "needs ROS 2 (this Python has no module rclpy): source a distribution, or see 'superpoint-ros doctor'"

    Args:
        module: Name that a ModuleNotFoundError has.
    """
    if module == MESSAGES:
        return "needs the messages of this package, which was installed without: build it in a colcon workspace"
    if module in ROS_MODULES:
        return (
            f"needs ROS 2 (this Python has no module {module}): source a distribution, or see 'superpoint-ros doctor'"
        )
    return ""
