"""What a node counts and times of each input, and the diagnostics message it makes of it."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

# Stage times, latencies and intervals of stamps are of this many of the newest items.
WINDOW = 100
# Rates, and what is skipped, are judged over this time.
RATE_WINDOW_S = 5.0
# Items that are on their way, of which it is known when they came.
MAX_ON_THEIR_WAY = 10_000
# Where diagnostic_aggregator and every monitor listen.
DIAGNOSTICS_TOPIC = "/diagnostics"
COUNTERS = ("received", "processed", "dropped", "lost", "skipped", "resets")


@dataclass(frozen=True)
class Problem:
    """Hold what is wrong, the cure ("" where none is known), and the level of diagnostic_msgs/DiagnosticStatus.

    WARN: something is left out, and the node goes on. ERROR: nothing comes out. STALE: nothing comes in any more.
    """

    what: str
    cure: str = ""
    level: bytes = DiagnosticStatus.WARN

    def __str__(self) -> str:
        return f"{self.what}; {self.cure}" if self.cure else self.what


class InputStatistics:
    """Count what one input brings since the start; keep the newest times and intervals. Safe for concurrent use.

    Args:
        counters: Names of the counters that are there from the start, at 0.
        clock: Seconds, ever rising.
    """

    def __init__(self, counters: tuple[str, ...] = COUNTERS, clock: Callable[[], float] = time.perf_counter) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._counts = Counter(dict.fromkeys(counters, 0))
        self._reasons: Counter[str] = Counter()
        self._milliseconds: dict[str, deque[float]] = {}
        self._stamp: int | None = None
        self._intervals: deque[float] = deque(maxlen=WINDOW)
        self._begun: dict[int, float] = {}
        self._latencies: deque[float] = deque(maxlen=WINDOW)
        self._newest: dict[str, int] = {}
        self._history: deque[tuple[float, Counter[str]]] = deque([(clock(), self._counts.copy())])
        self._skipped_text = ""

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter: received, processed, lost (by the middleware), resets, ...."""
        with self._lock:
            self._counts[name] += number

    def skip(self, reason: str, text: str = "") -> None:
        """Count an item that gave no output, by reason; a text says what is wrong, none that it is no fault."""
        self._count_reason("skipped", reason)
        if text:
            with self._lock:
                self._counts["faulty"] += 1
                self._skipped_text = f"[{reason}] {text}"

    def drop(self, cause: str) -> None:
        """Count an item that was given up before it was processed, by cause."""
        self._count_reason("dropped", cause)

    def _count_reason(self, name: str, reason: str) -> None:
        with self._lock:
            self._counts[name] += 1
            self._reasons[f"{name}: {reason}"] += 1

    def add_stamp(self, stamp: int) -> None:
        """Add the stamp [ns] of an item as it arrives; intervals start over where stamps jump back."""
        with self._lock:
            previous, self._stamp = self._stamp, stamp
            if previous is not None and stamp >= previous:
                self._intervals.append(1e-6 * (stamp - previous))
            else:
                self._intervals.clear()

    def begin(self, stamp: int) -> None:
        """Note that the item of a stamp [ns] has come."""
        with self._lock:
            self._begun[stamp] = self._clock()
            if len(self._begun) > MAX_ON_THEIR_WAY:
                del self._begun[next(iter(self._begun))]

    def finish(self, stamp: int) -> None:
        """Count the item of a stamp [ns] as processed; its latency is the time since it came."""
        with self._lock:
            self._counts["processed"] += 1
            if (begun := self._begun.pop(stamp, None)) is not None:
                self._latencies.append(1e3 * (self._clock() - begun))

    def note(self, **numbers: int) -> None:
        """Note numbers of the newest item, by name: keypoints, tracks, ...."""
        with self._lock:
            self._newest |= numbers

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

        Counters, "skipped: <reason>", "dropped: <cause>", "<stage>_ms" for stages that have run, what was noted of the
        newest item; percentiles of latencies, "latency_p50_ms" and "latency_p95_ms", where any are known; and where
        stamps have been added, mean and standard deviation of their intervals: "stamp_interval_ms", "stamp_jitter_ms".

        Args:
            waiting_of: Counter of the items that come in; then "waiting" counts those of them that are neither
                processed nor dropped nor skipped, so that the numbers balance.
        """
        with self._lock:
            counts = {name: number for name, number in self._counts.items() if name != "faulty"} | self._newest
            reasons = {reason: str(number) for reason, number in sorted(self._reasons.items())}
            times = {f"{stage}_ms": f"{sum(ms) / len(ms):.3f}" for stage, ms in self._milliseconds.items()}
            intervals, latencies = list(self._intervals), list(self._latencies)
        if latencies:
            p50, p95 = np.percentile(latencies, (50, 95))
            times |= {"latency_p50_ms": f"{p50:.3f}", "latency_p95_ms": f"{p95:.3f}"}
        if intervals:
            times["stamp_interval_ms"] = f"{statistics.fmean(intervals):.3f}"
            times["stamp_jitter_ms"] = f"{statistics.pstdev(intervals):.3f}"
        if waiting_of:
            ends = ("processed", "dropped", "skipped", "rate_limited")
            counts["waiting"] = counts[waiting_of] - sum(counts.get(name, 0) for name in ends)
        return {name: str(number) for name, number in counts.items()} | reasons | times

    def advance(self) -> None:
        """Move the window of the newest seconds on; call about once a second."""
        with self._lock:
            now = self._clock()
            self._history.append((now, self._counts.copy()))
            while len(self._history) > 2 and now - self._history[1][0] >= RATE_WINDOW_S:
                self._history.popleft()

    def _rise(self, name: str) -> int:
        return self._history[-1][1][name] - self._history[0][1][name]

    def rate(self, name: str) -> str:
        """Return how fast a counter has risen over the newest seconds [1/s]."""
        with self._lock:
            elapsed = self._history[-1][0] - self._history[0][0]
            return f"{self._rise(name) / elapsed if elapsed > 0.0 else 0.0:.2f}"

    def problem(self) -> Problem | None:
        """Return what was wrong with items that were skipped in the newest seconds; None where none was."""
        with self._lock:
            faulty, processed = self._rise("faulty"), self._rise("processed")
            if not faulty:
                return None
            level = DiagnosticStatus.WARN if processed else DiagnosticStatus.ERROR
            share = f"{faulty} of {faulty + processed} in the last {RATE_WINDOW_S:.0f} s skipped"
            return Problem(f"{share}, the newest: {self._skipped_text}", level=level)


def diagnostic_status(subject: str, problems: Sequence[Problem], values: Mapping[str, str]) -> DiagnosticStatus:
    """Make a line of a node's report, as diagnostic_updater's tasks do; the worst problem decides its level."""
    return DiagnosticStatus(
        level=max((problem.level for problem in problems), default=DiagnosticStatus.OK),
        name=subject,
        message="; ".join(map(str, problems)) or "running",
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def process_memory() -> dict[str, str]:
    """Return the resident memory of this process by its name in a report; nothing where Linux does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return {}
    return {"memory_mb": f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.1f}"}
