"""An algorithm that works on pairs: messages of two topics that belong together by their stamps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.core.pairing import Pairing
from superpoint_ros.core.stamps import SECOND, nanoseconds
from superpoint_ros.ros.messages.images import IMAGE_TYPES
from superpoint_ros.ros.runtime.diagnostics import InputStatistics, Problem, diagnostic_status
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
        reported: Messages without partner at the last report.
    """

    name: str
    source: Input
    companion: Input | None
    reported: int = 0


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
        # There is a CameraInfo for every image, but not for all that is made of images.
        counted = companion if kind in IMAGE_TYPES.values() else None
        return PairedInput(
            name, self.add_input(topic, kind, receive, statistics=statistics, companion=counted), companion
        )

    def _receive(self, index: int, put: Put, message: Any) -> None:
        resets = self._pairing.resets
        stamp = nanoseconds(message.header.stamp)
        self.inputs[index].source.statistics.add_stamp(stamp)
        pair = put(stamp, message)
        self.inputs[index].source.statistics.count("resets", self._pairing.resets - resets)
        self._count_missed()
        if pair is None:
            return
        for one in self.inputs:
            one.source.statistics.count("paired")
        self.pairs.statistics.begin(nanoseconds(pair[0].header.stamp))
        if self.is_wanted(*pair):
            self.enqueue(self.pairs, pair)

    def _count_missed(self) -> None:
        for one, missed in zip(self.inputs, self._pairing.missed, strict=True):
            one.source.statistics.count("without_partner", missed - one.source.statistics["without_partner"])

    def rest(self) -> None:
        """Give up what waits for a partner; that it found none is no fault."""
        self._pairing.give_up()
        self._count_missed()
        for one in self.inputs:
            one.reported = one.source.statistics["without_partner"]

    def is_wanted(self, first: First, second: Second) -> bool:
        """Tell whether a pair is to be processed; called for each, in order."""
        return True

    @abstractmethod
    def process_pair(self, first: First, second: Second) -> None:
        """Process one pair; called by the worker."""

    def process(self, batch: list[tuple[Stream, tuple[First, Second]]]) -> None:
        """Process the pairs of a batch one by one."""
        for stream, pair in batch:
            with self.skip_on_error(stream):
                self.process_pair(*pair)

    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return a line for each topic; received = paired + without_partner + waiting_for_partner in both."""
        for statistics in (self.pairs.statistics, *(one.source.statistics for one in self.inputs)):
            statistics.advance()
        self._warn_of_misses()
        return [self._status(one) for one in self.inputs]

    def _status(self, one: PairedInput) -> DiagnosticStatus:
        own, pairs = one.source.statistics.values(), self.pairs.statistics.values()
        ended = sum(int(pairs.get(name, 0)) for name in (*PAIR_COUNTERS, "rate_limited"))
        values = {
            "topic": one.source.topic,
            "rate_in_hz": one.source.statistics.rate("received"),
            "rate_out_hz": self.pairs.statistics.rate("processed"),
            **own,
            **pairs,
            "waiting_for_partner": str(int(own["received"]) - int(own["paired"]) - int(own["without_partner"])),
            "waiting": str(int(own["paired"]) - ended),
        }
        return diagnostic_status(one.name, self._problems(one), values)

    def _problems(self, one: PairedInput) -> list[Problem]:
        found = [*one.source.check(), *(one.companion.check() if one.companion else [])]
        found += filter(None, [self.pairs.statistics.problem(), self._problem_of_pairing()])
        return found

    def _problem_of_pairing(self) -> Problem | None:
        """Say that both topics come and nothing of them fits together."""
        first, second = (one.source.statistics for one in self.inputs)
        rates = [float(one.rate("without_partner")) for one in (first, second)]
        if not all(rates) or float(first.rate("paired")):
            return None
        return Problem(
            f"no stamp of {' is within '.join(one.source.topic for one in self.inputs)} by {self._slop / SECOND:g} s",
            "set slop to the largest difference of their stamps, or have both stamped by one clock",
            DiagnosticStatus.ERROR,
        )

    def _warn_of_misses(self) -> None:
        missed = []
        for one in self.inputs:
            count = one.source.statistics["without_partner"]
            missed.append(count - one.reported)
            one.reported = count
        if not any(missed):
            return
        parts = (
            f"{count} {one.name} ({one.source.topic}, {one.source.statistics.rate('received')} Hz)"
            for count, one in zip(missed, self.inputs, strict=True)
        )
        text = f"{' and '.join(parts)} found no partner within {self._slop / SECOND:g} s since the last report"
        self.warnings.warn(self.inputs[0].source.topic, "pairing", text)
