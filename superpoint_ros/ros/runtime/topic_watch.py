"""Who publishes a topic: with which QoS, which type, and whether that fits the subscription."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, ReliabilityPolicy, qos_check_compatible
from rclpy.topic_endpoint_info import TopicEndpointInfo

from superpoint_ros.ros.runtime.diagnostics import Problem

UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"


def describe_qos(profile: QoSProfile) -> str:
    """Name the policies that decide whether two ends understand each other."""
    names = (policy.name.lower() for policy in (profile.reliability, profile.durability, profile.history))
    return "{}, {}, {} {}".format(*names, profile.depth)


def type_name(message_type: type) -> str:
    """Return a message class's name as ROS writes it, "sensor_msgs/msg/Image" for example."""
    package, kind, *_ = message_type.__module__.split(".")
    return f"{package}/{kind}/{message_type.__name__}"


class PublisherWatch:
    """Look at the publishers of one topic.

    Args:
        node: Whose graph is looked at.
        topic: Resolved name of the topic.
        message_type: Class of the messages that are subscribed to.
    """

    def __init__(self, node: Node, topic: str, message_type: type):
        self._node = node
        self._topic = topic
        self._type = type_name(message_type)

    def _publishers(self) -> list[TopicEndpointInfo]:
        found: list[TopicEndpointInfo] = self._node.get_publishers_info_by_topic(self._topic)
        return found

    def offers(self) -> list[QoSProfile]:
        """Return the QoS of every publisher of the subscribed type."""
        return [one.qos_profile for one in self._publishers() if one.topic_type == self._type]

    def best_effort(self) -> list[str]:
        """Name the nodes that publish the subscribed type with best effort."""
        return [
            sender(one)
            for one in self._publishers()
            if one.topic_type == self._type and one.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
        ]

    def count(self) -> int:
        """Count the publishers, of whatever type."""
        return len(self._publishers())

    def describe(self) -> list[str]:
        """Name every publisher's node, with the reliability that it offers."""
        return [f"{sender(one)} ({one.qos_profile.reliability.name.lower()})" for one in self._publishers()]

    def problems(self, qos: QoSProfile) -> dict[str, Problem]:
        """Say for each publisher that a subscription with this QoS does not hear, by its identifier, why not."""
        return {str(one.endpoint_gid): found for one in self._publishers() if (found := self._problem(one, qos))}

    def _problem(self, publisher: TopicEndpointInfo, qos: QoSProfile) -> Problem | None:
        if publisher.topic_type != self._type:
            return Problem(
                f"{sender(publisher)} publishes {publisher.topic_type}, but {self._type} is subscribed to",
                "correct the camera's topic or transport parameter",
            )
        compatibility, reason = qos_check_compatible(publisher.qos_profile, qos)
        if compatibility == QoSCompatibility.ERROR:
            return Problem(
                f"{sender(publisher)} publishes with incompatible QoS "
                f"({reason.strip().removeprefix('ERROR: ').rstrip(';')})",
                f"set qos_overrides.{self._topic}.subscription.* to fit",
            )
        return None


def sender(publisher: TopicEndpointInfo) -> str:
    """Name a publisher's node; the graph may know an endpoint before it knows whose it is."""
    if publisher.node_name == UNKNOWN_NODE:
        return "a node of unknown name"
    return f"{publisher.node_namespace.rstrip('/')}/{publisher.node_name}"
