"""Quality of service by policy, each overridable by ROS's own parameters (qos_overrides.<topic>....)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSPresetProfiles, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

# Enough for the seconds in which a network's run keeps the callbacks waiting.
REPLAY_DEPTH = 1000


def _replay() -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=REPLAY_DEPTH, reliability=ReliabilityPolicy.RELIABLE)


def input_qos(policy: str) -> QoSProfile:
    """SensorData for `latest`, as REP 2003 has it; reliable and deep for `every_frame`, where nothing may be lost."""
    return _replay() if policy == "every_frame" else copy(QoSPresetProfiles.SENSOR_DATA.value)


def output_qos(policy: str) -> QoSProfile:
    """SystemDefault for `latest`, as REP 2003 has it; reliable and deep for `every_frame`."""
    return _replay() if policy == "every_frame" else copy(QoSPresetProfiles.SYSTEM_DEFAULT.value)


def overridable() -> QoSOverridingOptions:
    """History, depth and reliability can be set by parameters."""
    return QoSOverridingOptions.with_default_policies()


def output_publisher(node: Node, message_type: type, name: str, policy: str) -> Any:
    """A publisher on ~/name, below the node's own name, with the policy's QoS."""
    return node.create_publisher(message_type, f"~/{name}", output_qos(policy), qos_overriding_options=overridable())


def loss_events(count: Callable[[int], None]) -> SubscriptionEventCallbacks:
    """Calls `count` with the number of messages that the middleware has just lost; TopicWatch tells the rest."""
    return SubscriptionEventCallbacks(
        message_lost=lambda event: count(event.total_count_change), use_default_callbacks=False
    )
