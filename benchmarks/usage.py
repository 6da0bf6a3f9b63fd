"""What a process uses over a long time, and whether that grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# So few values say nothing of a slope.
FEW_VALUES = 4


@dataclass
class Series:
    """Hold what one node used, a value a second.

    Attributes:
        seconds: Times since the start [s].
        memory: Resident memory of its own [bytes], without the segments that it shares with other processes.
        handles: Open files and sockets.
        threads: Threads.
        seconds_at_rest: Times at which the node was cleaned up [s]; none where it never is.
        memory_at_rest: Memory at these times [bytes].
    """

    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    seconds_at_rest: list[float] = field(default_factory=list)
    memory_at_rest: list[int] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def note(self, seconds: float, process: int) -> None:
        """Read what a process uses now, as Linux tells it."""
        folder, status = Path(f"/proc/{process}"), read_status(process)
        self.seconds.append(seconds)
        self.memory.append(own_memory(status))
        self.handles.append(len(list((folder / "fd").iterdir())))
        self.threads.append(int(status["Threads"]))

    def note_at_rest(self, seconds: float, process: int) -> None:
        """Read what a process uses that has been cleaned up."""
        self.seconds_at_rest.append(seconds)
        self.memory_at_rest.append(own_memory(read_status(process)))

    def judge(self, warm_up: float, max_slope: float) -> tuple[dict[str, float], list[str]]:
        """Return figures after the warm-up [s], and which bounds they violate; slopes in percent an hour.

        Memory grows where its slope is above the bound by more than the slope's standard error.
        """
        rows = np.flatnonzero(np.array(self.seconds) >= warm_up)
        if len(rows) <= FEW_VALUES:
            return {}, ["too short to judge"]
        slope, error = self._slope(warm_up)
        figures = {
            "memory_mb": np.mean(np.array(self.memory)[rows]) / 1e6,
            "slope_percent_an_hour": slope,
            "slope_error": error,
        }
        grows = slope - error > max_slope
        problems = [f"memory grows by {slope:.2f} (standard error {error:.2f}) % an hour"] if grows else []
        for name in ("handles", "threads"):
            values = np.array(getattr(self, name))[rows]
            half = len(values) // 2
            figures[name] = float(np.median(values[half:]))
            if figures[name] > np.median(values[:half]) + 1:
                problems.append(f"{name} grow from {np.median(values[:half]):.0f} to {figures[name]:.0f}")
        return {name: round(float(value), 3) for name, value in figures.items()}, problems

    def _slope(self, warm_up: float) -> tuple[float, float]:
        """Fit a line to the memory, at rest if it was; its slope and the standard error, percent an hour."""
        at_rest = np.array([self.seconds_at_rest, self.memory_at_rest], float)
        noted = at_rest if (at_rest[0] >= warm_up).sum() > FEW_VALUES else np.array([self.seconds, self.memory], float)
        seconds, memory = noted[:, noted[0] >= warm_up]
        line, covariance = np.polyfit(seconds, 100 * 3600 * memory / memory.mean(), 1, cov=True)
        return float(line[0]), float(np.sqrt(covariance[0, 0]))


def read_status(process: int) -> dict[str, str]:
    """Read what Linux says of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return dict(line.split(":", 1) for line in lines)


def own_memory(status: Mapping[str, str]) -> int:
    """Return the resident memory of a process, bytes, without the segments that it shares with others."""
    return 1024 * sum(int(status[kind].split()[0]) for kind in ("RssAnon", "RssFile"))
