"""Names of a camera's topics: the transport's and the calibration's follow from the image topic as ROS resolves it."""

from __future__ import annotations

from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.options import Transport, camera_info_beside

COMPRESSED = "/compressed"


def resolve_topic(node: Node, topic: str) -> str:
    """Return a topic's name with namespace and remapping applied.

    Raises:
        ParameterError: It is no name of a topic.
    """
    try:
        return node.resolve_topic_name(topic)
    except rclpy_implementation.RCLError as error:
        raise ParameterError(f"'{topic}' is no name of a topic: {str(error).split(', at /')[0]}") from error


def image_topic(node: Node, topic: str, camera: str, transport: Transport) -> str:
    """Return the topic of a camera's images, with namespace and remapping applied.

    As in image_transport, the transport's topic lies below the image topic, and it is the image topic that is remapped.

    Args:
        node: Whose namespace and remappings hold.
        topic: Name of the topic as the user gives it; "" = <camera>/image_raw, below it /compressed where that is the
            transport.
        camera: Name of the camera.
        transport: "raw" or "compressed".
    """
    if not topic:
        topic = f"{camera}/image_raw" + (COMPRESSED if transport == "compressed" else "")
    base = topic.removesuffix(COMPRESSED)
    return resolve_topic(node, base) + topic[len(base) :]


def camera_info_topic(node: Node, topic: str, resolved_image_topic: str) -> str:
    """Return the resolved topic of a camera's calibration: as given, or camera_info beside the image topic."""
    return resolve_topic(node, topic or camera_info_beside(resolved_image_topic))
