"""An algorithm that works on pairs: messages of two topics that belong together by their stamps."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.core.pairing import Pairing
from superpoint_ros.core.stamps import SECOND, nanoseconds
from superpoint_ros.ros.runtime.diagnostics import InputStatistics, diagnostic_status
from superpoint_ros.ros.runtime.options import PairingOptions
from superpoint_ros.ros.runtime.pipeline import Input, Parameters, Pipeline, Stream

INPUT_COUNTERS = ("received", "lost", "resets", "paired", "without_partner")
PAIR_COUNTERS = ("processed", "dropped", "skipped")

First = TypeVar("First")
Second = TypeVar("Second")
Put: TypeAlias = Callable[[int, Any], Any]


@dataclass
class PairedInput:
    """Hold one of the two topics.

    Attributes:
        name: Name of the input, "left" for example.
        source: The topic.
        companion: Calibration that comes with it; None = none.
        reported: Messages received and without partner at the last report.
    """

    name: str
    source: Input
    companion: Input | None
    reported: tuple[int, int] = (0, 0)


class PairPipeline(Pipeline[Parameters, tuple[First, Second]], Generic[Parameters, First, Second]):
    """Do everything on pairs but what becomes of one.

    Attributes:
        pairs: The stream of pairs.
        inputs: The two topics.
    """

    pairs: Stream
    inputs: tuple[PairedInput, PairedInput]

    def pair_topics(
        self,
        first: tuple[str, str, type, Input | None],
        second: tuple[str, str, type, Input | None],
        options: PairingOptions,
    ) -> str:
        """Subscribe to two topics and queue what belongs together; to be called once, in `set_up`.

        Args:
            first: Name, topic and message type of the first input, and the input of its CameraInfo.
            second: The same of the second.
            options: What makes a pair.

        Returns:
            Both topics as they are resolved.
        """
        self._slop = options.slop_nanoseconds
        self._pairing: Pairing[First, Second] = Pairing(slop=self._slop, queue_size=options.queue_size)
        self._reported_at = time.monotonic()
        puts: tuple[Put, Put] = (self._pairing.put_first, self._pairing.put_second)
        self.inputs = (self._paired_input(0, *first, puts[0]), self._paired_input(1, *second, puts[1]))
        topics = [one.source.topic for one in self.inputs]
        self.pairs = self.add_stream(Stream("pairs", topics[0], self.noun, InputStatistics(PAIR_COUNTERS)))
        return " with ".join(topics)

    noun = "pair"

    def _paired_input(
        self,
        index: int,
        name: str,
        topic: str,
        kind: type,
        companion: Input | None,
        put: Put,
    ) -> PairedInput:
        statistics = InputStatistics(INPUT_COUNTERS)
        receive = partial(self._receive, index, put)
        return PairedInput(
            name, self.add_input(topic, kind, receive, statistics=statistics, companion=companion), companion
        )

    def _receive(self, index: int, put: Put, message: Any) -> None:
        resets, missed = self._pairing.resets, tuple(self._pairing.missed)
        stamp = nanoseconds(message.header.stamp)
        self.inputs[index].source.statistics.add_stamp(stamp)
        pair = put(stamp, message)
        self.inputs[index].source.statistics.count("resets", self._pairing.resets - resets)
        for one, before, after in zip(self.inputs, missed, self._pairing.missed, strict=True):
            one.source.statistics.count("without_partner", after - before)
        if pair is None:
            return
        for one in self.inputs:
            one.source.statistics.count("paired")
        if self.is_wanted(*pair):
            self.enqueue(self.pairs, pair)

    def is_wanted(self, first: First, second: Second) -> bool:
        """Tell whether a pair is to be processed; called for each, in order."""
        return True

    @abstractmethod
    def process_pair(self, first: First, second: Second) -> None:
        """Process one pair; called by the worker."""

    def facts(self) -> dict[str, str]:
        """Return what else stands in both lines of the report."""
        return {}

    def process(self, batch: list[tuple[Stream, tuple[First, Second]]]) -> None:
        """Process the pairs of a batch one by one."""
        for stream, pair in batch:
            with self.skip_on_error(stream):
                self.process_pair(*pair)

    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return a line for each topic; received = paired + without_partner + waiting_for_partner in both."""
        now = time.monotonic()
        elapsed, self._reported_at = now - self._reported_at, now
        counts = [tuple(one.source.statistics[name] for name in ("received", "without_partner"))
                  for one in self.inputs]  # fmt: skip
        new = [(count[0] - one.reported[0], count[1] - one.reported[1])
               for count, one in zip(counts, self.inputs, strict=True)]  # fmt: skip
        for one, count in zip(self.inputs, counts, strict=True):
            one.reported = (count[0], count[1])
        rates = [received / elapsed for received, _ in new]
        self._warn_of_misses([missed for _, missed in new], rates)
        return [self._status(one, rate) for one, rate in zip(self.inputs, rates, strict=True)]

    def _status(self, one: PairedInput, rate: float) -> DiagnosticStatus:
        own = one.source.statistics.values()
        waiting = int(own["received"]) - int(own["paired"]) - int(own["without_partner"])
        pairs = self.pairs.statistics.values()
        ended = sum(int(pairs.get(name, 0)) for name in (*PAIR_COUNTERS, "rate_limited"))
        values = own | pairs | {
            "waiting_for_partner": str(waiting), "waiting": str(int(own["paired"]) - ended), "rate_hz": f"{rate:.2f}"
        }  # fmt: skip
        sources = [one.source, *([one.companion] if one.companion else [])]
        problem = "; ".join(filter(None, [source.check() for source in sources]))
        return diagnostic_status(f"{self.get_name()}: {one.name}", one.source.topic, problem, values | self.facts())

    def _warn_of_misses(self, missed: list[int], rates: list[float]) -> None:
        if not any(missed):
            return
        parts = (
            f"{count} {one.name} ({one.source.topic}, {rate:.1f} Hz)"
            for count, one, rate in zip(missed, self.inputs, rates, strict=True)
        )
        text = f"{' and '.join(parts)} found no partner within {self._slop / SECOND:g} s since the last report"
        self.warnings.warn(self.inputs[0].source.topic, "pairing", text)
