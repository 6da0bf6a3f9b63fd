"""A robot made of recorded messages: plays them to one of our nodes and collects what the node answers to each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import serialize_message
from rclpy.subscription import Subscription

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.replay.deserialization import deserialize
from superpoint_ros.replay.spinning_node import SpinningNode
from superpoint_ros.ros.runtime.diagnostics import DIAGNOSTICS_TOPIC
from superpoint_ros.ros.runtime.qos import replay_qos

# Counters of an input that say what became of its messages.
ENDS = ("processed", "dropped", "skipped")


@dataclass
class Exchange:
    """Hold what was sent at one stamp, and what was answered to it.

    Attributes:
        stamp: Stamp [ns].
        messages: The message, and its bytes as they traveled, by topic.
        sent: When, on the monotonic clock [s].
    """

    stamp: int
    messages: dict[str, tuple[Any, bytes]]
    sent: float = field(default_factory=time.monotonic)

    def message(self, topic: str) -> Any:
        """Return the message of a topic."""
        return self.messages[topic][0]


class Player(SpinningNode):
    """Publish messages reliably, never more on their way than the node is allowed to owe answers for.

    Args:
        name: Name of this ROS node.
        inputs: Type of what is played, by topic.
        answers: Type of what the played node sends for each stamp, by topic; all have a header.
        played: Name of the played node, whose report tells what it counts of each input.
        check: Called while waiting; may raise.
        in_flight: Stamps without a complete answer at a time.
        answer_timeout: Seconds after which a stamp counts as unanswered.

    Attributes:
        sent: Stamps published so far.
    """

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, type],
        answers: Mapping[str, type],
        played: str,
        check: Callable[[], None],
        in_flight: int = 4,
        answer_timeout: float = 60.0,
    ):
        super().__init__(name, check)
        self.sent = 0
        self._in_flight = in_flight
        self._timeout = answer_timeout
        self._pending: dict[int, Exchange] = {}
        self._statistics: dict[str, dict[str, str]] = {}
        qos = replay_qos()
        self._inputs: dict[str, Any] = {
            topic: self.create_publisher(kind, topic, qos) for topic, kind in inputs.items()
        }
        self._answers = {topic: self._subscribe(kind, topic) for topic, kind in answers.items()}
        self._played = played
        self._reports = self.create_subscription(DiagnosticArray, DIAGNOSTICS_TOPIC, self._on_report, 10)

    def _subscribe(self, message_type: type, topic: str) -> Subscription[Any]:
        def take(data: bytes) -> None:
            message: Any = deserialize(data, message_type)
            if (exchange := self._pending.get(nanoseconds(message.header.stamp))) is not None:
                exchange.messages[topic] = (message, data)

        return self.create_subscription(message_type, topic, take, replay_qos(), raw=True)

    def wait_until_connected(self, timeout: float) -> bool:
        """Tell whether a node that listens to all inputs and gives all answers was found in time [s]."""
        return self.spin_until(self._connected, timeout)

    def play(self, frames: Iterable[Mapping[str, Any]]) -> Iterator[Exchange]:
        """Send what belongs to one stamp at a time; yield the exchanges that are complete, in order of sending.

        Those whose answers do not come in time are left out.

        Args:
            frames: A message for every input, by topic, all of one stamp; no stamp comes twice.
        """
        for frame in frames:
            self._send(frame)
            yield from self._finished(self._in_flight - 1)
        yield from self._finished(0)

    def statistics(self, timeout: float) -> list[dict[str, str]]:
        """Return what the node counts of each input, once all that was sent is accounted for, or at the timeout."""

        def values() -> list[dict[str, str]]:
            return [self._statistics.get(topic, {}) for topic in self._inputs]

        def accounted() -> bool:
            return sum(int(values()[0].get(name, 0)) for name in ENDS) >= self.sent

        self.spin_until(accounted, timeout)
        return values()

    def _send(self, frame: Mapping[str, Any]) -> None:
        messages = {topic: (message, serialize_message(message)) for topic, message in frame.items()}
        (stamp,) = {nanoseconds(message.header.stamp) for message in frame.values()}
        self._pending[stamp] = Exchange(stamp, messages)
        for topic, (_, data) in messages.items():
            self._inputs[topic].publish(data)
        self.sent += 1

    def _finished(self, allowed: int) -> Iterator[Exchange]:
        """Yield answered exchanges until at most `allowed` are without an answer."""
        while len(self._pending) > allowed:
            stamp, oldest = next(iter(self._pending.items()))
            left = oldest.sent + self._timeout - time.monotonic()
            answered = self.spin_until(partial(self._complete, oldest), left)
            del self._pending[stamp]
            if answered:
                yield oldest

    def _complete(self, exchange: Exchange) -> bool:
        return self._answers.keys() <= exchange.messages.keys()

    def _connected(self) -> bool:
        answering = (*self._answers, self._reports.topic_name)
        listening = all(publisher.get_subscription_count() for publisher in self._inputs.values())
        return listening and all(self.count_publishers(topic) for topic in answering)

    def _on_report(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.startswith(f"{self._played}: "):
                values = {pair.key: pair.value for pair in status.values}
                self._statistics[values.get("topic", "")] = values
