"""What a node counts and times of each input, and the diagnostics message it makes of it."""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

# Stage times and intervals of stamps are of this many of the newest items.
WINDOW = 100
COUNTERS = ("received", "processed", "dropped", "lost", "skipped", "resets")


class InputStatistics:
    """Count what one input brings since the start; keep the newest stage times and intervals. Safe for concurrent use.

    Args:
        counters: Names of the counters that are there from the start, at 0.
    """

    def __init__(self, counters: tuple[str, ...] = COUNTERS) -> None:
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(counters, 0))
        self._reasons: Counter[str] = Counter()
        self._milliseconds: dict[str, deque[float]] = {}
        self._stamp: int | None = None
        self._intervals: deque[float] = deque(maxlen=WINDOW)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter: received, processed, lost (by the middleware), resets, ...."""
        with self._lock:
            self._counts[name] += number

    def skip(self, reason: str) -> None:
        """Count an item that gave no output, by reason."""
        self._count_reason("skipped", reason)

    def drop(self, cause: str) -> None:
        """Count an item that was given up before it was processed, by cause."""
        self._count_reason("dropped", cause)

    def _count_reason(self, name: str, reason: str) -> None:
        with self._lock:
            self._counts[name] += 1
            self._reasons[f"{name}: {reason}"] += 1

    def add_stamp(self, stamp: int) -> None:
        """Add the stamp [ns] of an item as it arrives; intervals begin anew where one goes back."""
        with self._lock:
            previous, self._stamp = self._stamp, stamp
            if previous is not None and stamp >= previous:
                self._intervals.append(1e-6 * (stamp - previous))
            else:
                self._intervals.clear()

    def add_time(self, stage: str, seconds: float) -> None:
        """Add what one item took in a stage; an image in a batch takes as long as the batch."""
        with self._lock:
            self._milliseconds.setdefault(stage, deque(maxlen=WINDOW)).append(1e3 * seconds)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time spent inside."""
        start = time.perf_counter()
        yield
        self.add_time(stage, time.perf_counter() - start)

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._counts[name]

    def values(self, waiting_of: str = "") -> dict[str, str]:
        """Return everything by name.

        Counters, "skipped: <reason>", "dropped: <cause>", "<stage>_ms" for stages that have run, and where stamps
        have been added, mean and standard deviation of their intervals: "stamp_interval_ms" and "stamp_jitter_ms".

        Args:
            waiting_of: Counter of the items that come in; then "waiting" counts those of them that are neither
                processed nor dropped nor skipped, so that the numbers balance.
        """
        with self._lock:
            counts = dict(self._counts)
            reasons = {reason: str(number) for reason, number in sorted(self._reasons.items())}
            times = {f"{stage}_ms": f"{sum(ms) / len(ms):.3f}" for stage, ms in self._milliseconds.items()}
            intervals = list(self._intervals)
        if intervals:
            times["stamp_interval_ms"] = f"{statistics.fmean(intervals):.3f}"
            times["stamp_jitter_ms"] = f"{statistics.pstdev(intervals):.3f}"
        if waiting_of:
            ends = ("processed", "dropped", "skipped", "rate_limited")
            counts["waiting"] = counts[waiting_of] - sum(counts.get(name, 0) for name in ends)
        return {name: str(number) for name, number in counts.items()} | reasons | times


def diagnostic_status(name: str, topic: str, problem: str, values: Mapping[str, str]) -> DiagnosticStatus:
    """Make one input's line of a DiagnosticArray; a problem makes it a warning."""
    return DiagnosticStatus(
        level=DiagnosticStatus.WARN if problem else DiagnosticStatus.OK,
        name=name,
        hardware_id=topic,
        message=problem or "running",
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
