"""A bag as it is to nodes that run: every message on its own topic, and what the nodes make of it, into another bag."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.replay.deserialization import deserialize
from superpoint_ros.replay.recording import BagRecorder
from superpoint_ros.replay.spinning_node import SpinningNode
from superpoint_ros.ros.runtime.diagnostics import DIAGNOSTICS_TOPIC
from superpoint_ros.ros.runtime.qos import replay_qos

# Topics of calibrations, and subscriptions that are found but not yet connected, get so long.
SETTLE_S = 1.0
IN_FLIGHT = 4  # images without all of their answers
MAX_WAITING = 16  # items that wait in one node
# A node reports once a second: after so long without an answer or an item that waits, it has finished.
QUIET_S = 3.0
ANSWER_TIMEOUT_S = 60.0
ENDS = ("processed", "dropped", "skipped")


@dataclass(frozen=True)
class LiveInput:
    """Describe a topic of the bag that nodes listen to.

    Attributes:
        kind: Type of its messages.
        listeners: How many of the nodes listen.
        answers: Topics on which each of its messages is answered, with its own stamp.
    """

    kind: type
    listeners: int = 1
    answers: tuple[str, ...] = ()


class LiveReplay(SpinningNode):
    """Publish a bag's messages reliably, never faster than the nodes manage, and record them and the answers.

    Args:
        inputs: What is published, by topic.
        outputs: Type of what the nodes publish, by topic.
        nodes: Names of the nodes.
        recorder: Bag into which outputs are written, at the time of recording of the input that has their stamp.
        check: Called while waiting; may raise.

    Attributes:
        sent: Messages published so far, by topic.
        answered: Messages of the nodes so far, by topic.
        unanswered: Stamps whose answers did not all come in time.
        reports: Newest report of each node: what it counts, by the name of its line.
    """

    def __init__(
        self,
        inputs: Mapping[str, LiveInput],
        outputs: Mapping[str, type],
        nodes: Collection[str],
        recorder: BagRecorder,
        check: Callable[[], None],
    ):
        super().__init__("live_replay", check)
        self.sent: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.unanswered = 0
        self.reports: dict[str, dict[str, dict[str, str]]] = {name: {} for name in nodes}
        self._inputs, self._outputs, self._recorder = inputs, outputs, recorder
        self._awaited: dict[int, set[str]] = defaultdict(set)
        self._received: dict[int, int] = {}
        self._newest = time.monotonic()
        qos = replay_qos()
        self._to: dict[str, Any] = {topic: self.create_publisher(one.kind, topic, qos) for topic, one in inputs.items()}
        for topic, kind in outputs.items():
            self.create_subscription(kind, topic, partial(self._take, topic, kind), qos, raw=True)
        self.create_subscription(DiagnosticArray, DIAGNOSTICS_TOPIC, self._on_report, 10)

    def wait_until_connected(self, timeout: float) -> bool:
        """Tell whether all nodes were found in time [s], with their inputs and outputs."""
        found = self.spin_until(self._is_connected, timeout)
        self.spin_for(SETTLE_S)
        return found

    def calibrate(self, calibrations: Iterable[tuple[str, bytes]]) -> None:
        """Publish calibrations ahead of all else, as latched topics have them; they are not recorded."""
        for topic, data in calibrations:
            self._to[topic].publish(data)
        self.spin_for(SETTLE_S)

    def send(self, topic: str, data: bytes, stamp: int, received: int) -> None:
        """Publish a message, once the nodes have room for it.

        Args:
            topic: One of the inputs.
            data: Its bytes (CDR).
            stamp: Its stamp [ns].
            received: When it was recorded [ns].
        """
        answers = self._inputs[topic].answers
        if answers:
            if not self.spin_until(self._has_room, ANSWER_TIMEOUT_S):
                self.unanswered += len(self._awaited)
                self._awaited.clear()
            self._awaited[stamp].update(answers)
        self._received[stamp] = received
        self._to[topic].publish(data)
        self.sent[topic] += 1
        rclpy.spin_once(self, timeout_sec=0.0)

    def finish(self) -> None:
        """Wait until the nodes have nothing more to do."""
        self._newest = time.monotonic()
        self.spin_until(lambda: self._is_idle() or self._silence() > ANSWER_TIMEOUT_S, math.inf)
        self.unanswered += len(self._awaited)

    def _take(self, topic: str, kind: type, data: bytes) -> None:
        message: Any = deserialize(data, kind)
        header = message.header0 if hasattr(message, "header0") else message.header
        stamp = nanoseconds(header.stamp)
        self._recorder.write(topic, message, data, self._received.get(stamp, max(0, stamp)))
        self.answered[topic] += 1
        self._newest = time.monotonic()
        if (awaited := self._awaited.get(stamp)) is not None:
            awaited.discard(topic)
            if not awaited:
                del self._awaited[stamp]

    def _on_report(self, message: DiagnosticArray) -> None:
        for status in message.status:
            node, _, line = status.name.partition(": ")
            if node in self.reports:
                values = {pair.key: pair.value for pair in status.values}
                self.reports[node][line] = values
                self._forget_skipped(values)

    def _forget_skipped(self, values: Mapping[str, str]) -> None:
        """Await nothing more of a topic all of whose messages were answered, or skipped."""
        topic = values.get("topic", "")
        ended = sum(int(values.get(name, 0)) for name in ENDS)
        if topic in self._inputs and ended >= self.sent[topic]:
            for stamp in list(self._awaited):
                self._awaited[stamp].difference_update(self._inputs[topic].answers)
                if not self._awaited[stamp]:
                    del self._awaited[stamp]

    def _is_connected(self) -> bool:
        listening = all(
            self._to[topic].get_subscription_count() >= one.listeners for topic, one in self._inputs.items()
        )
        return listening and all(self.reports.values()) and all(map(self.count_publishers, self._outputs))

    def _waiting(self) -> int:
        """Return the most items that wait in one node."""
        counts = [int(values.get("waiting", 0)) for lines in self.reports.values() for values in lines.values()]
        return max(counts, default=0)

    def _has_room(self) -> bool:
        return len(self._awaited) < IN_FLIGHT and self._waiting() <= MAX_WAITING

    def _is_idle(self) -> bool:
        return self._silence() > QUIET_S and not self._waiting() and not self._awaited

    def _silence(self) -> float:
        """Return how long ago the newest answer came, seconds."""
        return time.monotonic() - self._newest
