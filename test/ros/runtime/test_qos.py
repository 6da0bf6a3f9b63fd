"""What QoS is asked for, by the publishers that are there and by the user."""

from __future__ import annotations

import pytest
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.qos import SubscriptionOverrides, input_qos, output_qos

RELIABLE = QoSProfile(depth=10)
BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TOPIC = "/camera/image_raw"


@pytest.fixture
def node_with(create_node):
    def create(**overrides):
        prefix = f"qos_overrides.{TOPIC}.subscription"
        parameters = [Parameter(f"{prefix}.{name}", value=value) for name, value in overrides.items()]
        return create_node(parameter_overrides=parameters)

    return create


@pytest.mark.parametrize(
    ("offers", "reliability"),
    [
        ([], ReliabilityPolicy.RELIABLE),
        ([RELIABLE], ReliabilityPolicy.RELIABLE),
        ([RELIABLE, RELIABLE], ReliabilityPolicy.RELIABLE),
        ([BEST_EFFORT], ReliabilityPolicy.BEST_EFFORT),
        ([RELIABLE, BEST_EFFORT], ReliabilityPolicy.BEST_EFFORT),
    ],
)
def test_latest_is_reliable_where_every_publisher_is(offers, reliability):
    profile = input_qos("latest", offers)
    assert profile.reliability == reliability
    assert (profile.history, profile.depth) == (HistoryPolicy.KEEP_LAST, 5)
    assert profile.durability == DurabilityPolicy.VOLATILE


@pytest.mark.parametrize("offers", [[], [RELIABLE], [BEST_EFFORT]])
def test_every_frame_is_reliable_and_deep_whoever_publishes(offers):
    profile = input_qos("every_frame", offers)
    assert (profile.reliability, profile.depth) == (ReliabilityPolicy.RELIABLE, 1000)


@pytest.mark.parametrize(
    ("offers", "latched", "durability"),
    [
        ([LATCHED], True, DurabilityPolicy.TRANSIENT_LOCAL),
        ([LATCHED], False, DurabilityPolicy.VOLATILE),
        ([LATCHED, RELIABLE], True, DurabilityPolicy.VOLATILE),
        ([RELIABLE], True, DurabilityPolicy.VOLATILE),
        ([], True, DurabilityPolicy.VOLATILE),
    ],
)
def test_earlier_messages_are_asked_for_where_every_publisher_keeps_them(offers, latched, durability):
    assert input_qos("latest", offers, latched=latched).durability == durability


def test_outputs_are_reliable_and_shallow_for_robots_and_deep_for_replay():
    robot, replay = output_qos("latest"), output_qos("every_frame")
    assert robot.reliability == replay.reliability == ReliabilityPolicy.RELIABLE
    assert (robot.history, replay.history) == (HistoryPolicy.KEEP_LAST, HistoryPolicy.KEEP_LAST)
    assert (robot.depth, replay.depth) == (5, 1000)


def test_what_the_user_does_not_set_is_left_alone(node_with):
    profile = SubscriptionOverrides(node_with(), TOPIC).apply(input_qos("latest", [BEST_EFFORT]))
    assert profile == input_qos("latest", [BEST_EFFORT])


def test_what_the_user_sets_holds_whoever_publishes(node_with):
    given = {"reliability": "reliable", "durability": "transient_local", "history": "keep_all", "depth": 7}
    profile = SubscriptionOverrides(node_with(**given), TOPIC).apply(input_qos("latest", [BEST_EFFORT]))
    assert profile.reliability == ReliabilityPolicy.RELIABLE
    assert profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert (profile.history, profile.depth) == (HistoryPolicy.KEEP_ALL, 7)


def test_overrides_can_be_read_twice(node_with):
    node = node_with(depth=7)
    assert SubscriptionOverrides(node, TOPIC).apply(RELIABLE).depth == 7
    assert SubscriptionOverrides(node, TOPIC).apply(QoSProfile(depth=1)).depth == 7


def test_a_policy_that_does_not_exist_is_refused_with_those_that_do(node_with):
    words = rf"{TOPIC}\.subscription\.reliability='quick' is not one of 'auto', 'reliable', 'best_effort'"
    with pytest.raises(ParameterError, match=words):
        SubscriptionOverrides(node_with(reliability="quick"), TOPIC)
