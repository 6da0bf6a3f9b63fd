"""Two topics whose messages are paired by stamp: subscriptions, counts, rates, and what is said of misses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from superpoint_ros.core.pairing import Pairing
from superpoint_ros.ros.messages.stamps import SECOND, nanoseconds
from superpoint_ros.ros.runtime.diagnostics import InputStatistics, diagnostic_status
from superpoint_ros.ros.runtime.logs import ThrottledWarnings
from superpoint_ros.ros.runtime.topic_input import TopicInput


@dataclass(frozen=True)
class Input:
    """One of the two topics.

    Attributes:
        name: for people to read, "left" for example.
        topic: as given in the parameters.
        message_type: class of its messages, which have a header.
    """

    name: str
    topic: str
    message_type: type


class PairedInputs:
    """Subscribes to two topics and hands on what belongs together.

    Args:
        node: owns the subscriptions.
        inputs: the two topics.
        policy: decides their QoS.
        slop: nanoseconds between the stamps of a pair, at most.
        queue_size: messages of a topic that wait for their partner.
        on_pair: called with a message of each.
        warnings: says what found no partner.

    Attributes:
        statistics: what is counted of each input, in order.
    """

    def __init__(
        self,
        node: Node,
        inputs: tuple[Input, Input],
        policy: str,
        slop: int,
        queue_size: int,
        on_pair: Callable[[Any, Any], None],
        warnings: ThrottledWarnings,
    ):
        self.statistics = (InputStatistics(), InputStatistics())
        self._node = node
        self._inputs = inputs
        self._on_pair = on_pair
        self._slop = slop
        self._warnings = warnings
        self._pairing: Pairing[Any, Any] = Pairing(slop, queue_size)
        puts = (self._pairing.put_first, self._pairing.put_second)
        self.topic_inputs = [self._subscribe(*each, policy) for each in zip(inputs, self.statistics, puts, strict=True)]
        self._reported = (time.monotonic(), [0, 0], [0, 0])

    def _subscribe(
        self, one: Input, statistics: InputStatistics, put: Callable[[int, Any], Any], policy: str
    ) -> TopicInput:
        return TopicInput(
            self._node,
            one.topic,
            one.message_type,
            partial(self._on_message, put),
            policy=policy,
            statistics=statistics,
        )

    def _on_message(self, put: Callable[[int, Any], Any], message: Any) -> None:
        pair = put(nanoseconds(message.header.stamp), message)
        if pair is not None:
            self._on_pair(*pair)

    def report(self, facts: dict[str, str]) -> list[DiagnosticStatus]:
        """To be called about once a second: both inputs' counts and rates since the last call, with further facts."""
        now, received = time.monotonic(), [statistics["received"] for statistics in self.statistics]
        before, received_before, missed_before = self._reported
        missed = list(self._pairing.missed)
        self._reported = (now, received, missed)
        rates = [(new - old) / (now - before) for new, old in zip(received, received_before, strict=True)]
        self._warn_of_misses([new - old for new, old in zip(missed, missed_before, strict=True)], rates)
        return [self._status(index, rates[index], missed[index], facts) for index in range(2)]

    def _status(self, index: int, rate: float, missed: int, facts: dict[str, str]) -> DiagnosticStatus:
        one, statistics = self._inputs[index], self.statistics[index]
        problem = self.topic_inputs[index].check()
        values = statistics.values() | {"rate_hz": f"{rate:.2f}", "without_partner": str(missed)}
        return diagnostic_status(f"{self._node.get_name()}: {one.name}", one.topic, problem, values | facts)

    def _warn_of_misses(self, missed: list[int], rates: list[float]) -> None:
        if not any(missed):
            return
        parts = (
            f"{count} {one.name} ({one.topic}, {rate:.1f} Hz)"
            for count, one, rate in zip(missed, self._inputs, rates, strict=True)
        )
        text = f"{' and '.join(parts)} found no partner within {self._slop / SECOND:g} s since the last report"
        self._warnings.warn(self._inputs[0].topic, "pairing", text)
