"""What a node counts and times of each input, and the diagnostics message it makes of it."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

# Stage times are means over this many of the newest items.
WINDOW = 100
COUNTERS = ("received", "processed", "dropped", "lost", "skipped", "resets")


class InputStatistics:
    """Count what one input brings since the start, and keep the newest stage times. Safe for concurrent use.

    Args:
        counters: Names of the counters that are there from the start, at 0.
    """

    def __init__(self, counters: tuple[str, ...] = COUNTERS) -> None:
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(counters, 0))
        self._skipped: Counter[str] = Counter()
        self._milliseconds: dict[str, deque[float]] = {}

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter: received, processed, dropped (by the queue), lost (by the middleware), resets, ...."""
        with self._lock:
            self._counts[name] += number

    def skip(self, reason: str) -> None:
        """Count an item that gave no output, by reason."""
        with self._lock:
            self._counts["skipped"] += 1
            self._skipped[reason] += 1

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
        """Return everything by name: counters, "skipped: <reason>", and "<stage>_ms" for stages that have run.

        Args:
            waiting_of: Counter of the items that come in; then "waiting" counts those of them that are neither
                processed nor dropped nor skipped, so that the numbers balance.
        """
        with self._lock:
            counts = dict(self._counts)
            reasons = {f"skipped: {reason}": str(number) for reason, number in sorted(self._skipped.items())}
            times = {f"{stage}_ms": f"{sum(ms) / len(ms):.3f}" for stage, ms in self._milliseconds.items()}
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
