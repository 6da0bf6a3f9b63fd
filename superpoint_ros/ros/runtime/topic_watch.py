"""Why no messages come: nobody sends, somebody sends another type, or the QoS policies do not fit."""

from __future__ import annotations

import time

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo

PATIENCE_S = 5.0
UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"


def describe_qos(profile: QoSProfile) -> str:
    """The policies that decide whether two ends understand each other, in words."""
    names = (policy.name.lower() for policy in (profile.reliability, profile.durability, profile.history))
    return "{}, {}, {} {}".format(*names, profile.depth)


class TopicWatch:
    """Looks at one subscription's publishers; every problem is logged once.

    Args:
        node: whose graph is looked at and whose log is written to.
        subscription: the one to watch.
        message_type: its type as ROS names it, "sensor_msgs/msg/Image" for example.
    """

    def __init__(self, node: Node, subscription: Subscription, message_type: str):
        self._node = node
        self._topic = subscription.topic_name
        self._qos = subscription.qos_profile
        self._type = message_type
        self._started = time.monotonic()
        self._reported: set[str] = set()

    def check(self, received: int) -> str:
        """To be called about once a second; returns the problem there is now, "" if none.

        Args:
            received: messages that have come in since the start.
        """
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        problems = {str(one.endpoint_gid): text for one in publishers if (text := self._problem(one))}
        if received == 0 and time.monotonic() - self._started >= PATIENCE_S:
            problems["silence"] = self._silence(len(publishers))
        for key in problems.keys() - self._reported:
            self._node.get_logger().warning(f"{self._topic}: {problems[key]}")
        self._reported |= problems.keys()
        return "; ".join(problems.values())

    def _problem(self, publisher: TopicEndpointInfo) -> str:
        sender = _name(publisher)
        if publisher.topic_type != self._type:
            return (
                f"{sender} publishes {publisher.topic_type}, but {self._type} is subscribed to; "
                "correct the camera's topic or transport parameter"
            )
        compatibility, reason = qos_check_compatible(publisher.qos_profile, self._qos)
        if compatibility == QoSCompatibility.ERROR:
            return (
                f"{sender} publishes with incompatible QoS ({reason.strip().removeprefix('ERROR: ').rstrip(';')}); "
                f"set qos_overrides.{self._topic}.subscription.* to fit"
            )
        return ""

    def _silence(self, publishers: int) -> str:
        return (
            f"no {self._type} received since the start, {PATIENCE_S:.0f} s ago or more; publishers: {publishers}; "
            f"subscribed with QoS {describe_qos(self._qos)}"
        )


def _name(publisher: TopicEndpointInfo) -> str:
    """The publisher's node; the graph may know an endpoint before it knows whose it is."""
    if publisher.node_name == UNKNOWN_NODE:
        return "a node of unknown name"
    return f"{publisher.node_namespace.rstrip('/')}/{publisher.node_name}"
