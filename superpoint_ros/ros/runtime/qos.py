"""Quality of service: inputs ask for what every publisher offers, outputs never wait for a slow listener.

Each policy can be overridden by ROS's own parameters (qos_overrides.<topic>.subscription.reliability, for example).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSPolicyKind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

from superpoint_ros.core.errors import ParameterError

# Enough for the seconds in which a network's run keeps the callbacks waiting.
REPLAY_DEPTH = 1000
# Enough for a callback that is held up for a few images; more only costs memory, as the queue behind keeps the newest.
INPUT_DEPTH = 5
OUTPUT_DEPTH = 5
# Value of an override that leaves the policy to the node.
AUTO = "auto"
POLICY_ENUMS: dict[str, Any] = {
    "reliability": ReliabilityPolicy,
    "durability": DurabilityPolicy,
    "history": HistoryPolicy,
}
POLICY_WORDS = {
    "reliability": ("reliable", "best_effort", "system_default"),
    "durability": ("volatile", "transient_local", "system_default"),
    "history": ("keep_last", "keep_all", "system_default"),
}


def replay_qos() -> QoSProfile:
    """Return what loses nothing: reliable and deep."""
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=REPLAY_DEPTH, reliability=ReliabilityPolicy.RELIABLE)


def input_qos(policy: str, offers: Sequence[QoSProfile] = (), *, latched: bool = False) -> QoSProfile:
    """Choose the QoS of a subscription by the publishers there are.

    Fast DDS drops best-effort messages larger than its shared-memory segment without a word, so `latest` asks for
    reliable delivery where every publisher offers it.

    Args:
        policy: "latest" or "every_frame"; the latter is reliable and deep, whoever publishes.
        offers: QoS of each publisher of the topic; empty = none is known yet.
        latched: Whether what was published before is wanted too, where every publisher keeps it.
    """
    if policy == "every_frame":
        return replay_qos()
    reliable = all(offer.reliability != ReliabilityPolicy.BEST_EFFORT for offer in offers)
    kept = latched and offers and all(offer.durability == DurabilityPolicy.TRANSIENT_LOCAL for offer in offers)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=INPUT_DEPTH,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if kept else DurabilityPolicy.VOLATILE,
    )


def output_qos(policy: str) -> QoSProfile:
    """Choose the QoS of a publisher: reliable, and shallow for `latest`, so that no listener holds the worker."""
    if policy == "every_frame":
        return replay_qos()
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=OUTPUT_DEPTH, reliability=ReliabilityPolicy.RELIABLE)


def output_publisher(node: Node, message_type: type, name: str, policy: str) -> Any:
    """Create a publisher on ~/name, below the node's own name, or on /name as it stands, with the policy's QoS."""
    kinds = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY)
    topic = name if name.startswith("/") else f"~/{name}"
    overrides = QoSOverridingOptions(kinds)
    return node.create_publisher(message_type, topic, output_qos(policy), qos_overriding_options=overrides)


class SubscriptionOverrides:
    """Hold the QoS policies of one subscription that the user sets by parameters, and which then always hold.

    rclpy's own overrides fill every parameter with the first profile's value, after which nobody can tell what the
    user asked for; a subscription that follows its publishers must know.

    Args:
        node: Declares the parameters qos_overrides.<topic>.subscription.*.
        topic: Resolved name of the topic.

    Raises:
        ParameterError: A value that is no such policy.
    """

    def __init__(self, node: Node, topic: str):
        self._prefix = f"qos_overrides.{topic}.subscription"
        self._given: dict[str, Any] = {}
        for name, words in POLICY_WORDS.items():
            value = self._declare(node, name, AUTO, f"{AUTO} = as the publishers offer it; {', '.join(words)}")
            if value not in (AUTO, *words):
                allowed = ", ".join(map(repr, (AUTO, *words)))
                raise ParameterError(f"{self._prefix}.{name}='{value}' is not one of {allowed}")
            if value != AUTO:
                self._given[name] = POLICY_ENUMS[name][value.upper()]
        if depth := self._declare(node, "depth", 0, "messages that wait to be taken; 0 = the node's choice"):
            self._given["depth"] = depth

    def _declare(self, node: Node, name: str, default: Any, description: str) -> Any:
        full_name = f"{self._prefix}.{name}"
        if not node.has_parameter(full_name):
            node.declare_parameter(full_name, default, ParameterDescriptor(description=description, read_only=True))
        return node.get_parameter(full_name).value

    def apply(self, profile: QoSProfile) -> QoSProfile:
        """Set the overridden policies of a profile, in place, and return it."""
        for name, value in self._given.items():
            setattr(profile, name, value)
        return profile
