"""What the node counts and times per camera, and the diagnostics message it makes of it."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

STAGES = ("convert", "network", "track", "match", "publish", "overlay")
# Stage times are means over this many of the newest images.
WINDOW = 100


class InputStatistics:
    """Counters since the start, and the newest stage times, of one camera. Safe for concurrent use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counter(received=0, processed=0, dropped=0, lost=0, skipped=0, resets=0)
        self._skipped: Counter[str] = Counter()
        self._milliseconds: dict[str, deque[float]] = {stage: deque(maxlen=WINDOW) for stage in STAGES}

    def count(self, name: str, number: int = 1) -> None:
        """Adds to one of received, processed, dropped (by the queue), lost (by the middleware), resets."""
        with self._lock:
            self._counts[name] += number

    def skip(self, reason: str) -> None:
        """Counts an image that gave no output, by reason."""
        with self._lock:
            self._counts["skipped"] += 1
            self._skipped[reason] += 1

    def add_time(self, stage: str, seconds: float) -> None:
        """Adds what one image took in one of STAGES; an image in a batch takes as long as the batch."""
        with self._lock:
            self._milliseconds[stage].append(1e3 * seconds)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time spent inside."""
        start = time.perf_counter()
        yield
        self.add_time(stage, time.perf_counter() - start)

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._counts[name]

    def values(self) -> dict[str, str]:
        """Everything, by name: the counters, "skipped: <reason>", and "<stage>_ms" for stages that have run."""
        with self._lock:
            counts = {name: str(number) for name, number in self._counts.items()}
            reasons = {f"skipped: {reason}": str(number) for reason, number in sorted(self._skipped.items())}
            times = {f"{stage}_ms": f"{sum(ms) / len(ms):.3f}" for stage, ms in self._milliseconds.items() if ms}
        return counts | reasons | times


def diagnostic_status(name: str, topic: str, problem: str, values: dict[str, str]) -> DiagnosticStatus:
    """One camera's line of a DiagnosticArray; a problem makes it a warning."""
    return DiagnosticStatus(
        level=DiagnosticStatus.WARN if problem else DiagnosticStatus.OK,
        name=name,
        hardware_id=topic,
        message=problem or "running",
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
