"""Which camera's turn it is, where cameras of different cost and rate share one worker: each gets its share of time.

Taking turns would give a small camera of 30 Hz one image for each of a large one that takes half a second. The camera
that has had the least time is next; it is waited for where its image is due before another one's would be done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

SMOOTHING = 0.3
# Share of an image's cost that may be lost by waiting for another camera's image.
MAX_IDLE_SHARE = 0.1


class TimeShares:
    """Keep account of the time that each camera has had.

    Args:
        clock: Seconds, ever rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._spent: dict[str, float] = {}
        self._cost: dict[str, float] = {}
        self._arrived: dict[str, float] = {}
        self._period: dict[str, float] = {}

    def arrive(self, camera: str) -> None:
        """Note that an image of a camera has arrived."""
        now = self._clock()
        if camera in self._arrived:
            self._period[camera] = self._smooth(self._period.get(camera), now - self._arrived[camera])
        self._arrived[camera] = now
        self._spent.setdefault(camera, max(self._spent.values(), default=0.0))

    def spend(self, camera: str, seconds: float) -> None:
        """Note what an image of a camera has taken; who had nothing to do is owed no more than the longest one."""
        self._cost[camera] = self._smooth(self._cost.get(camera), seconds)
        self._spent[camera] = self._spent.get(camera, 0.0) + seconds
        least = max(self._spent.values()) - max(self._cost.values())
        self._spent = {name: max(spent, least) for name, spent in self._spent.items()}

    def choose(self, ready: Collection[str]) -> tuple[str, float]:
        """Choose among the cameras that have an image; they are one at least.

        Returns:
            The camera that has had the least time, and how many seconds another one is to be waited for first.
        """
        camera = min(ready, key=lambda name: (self._spent[name], self._arrived[name]))
        waits = [self._wait(other, camera) for other in self._period if other not in ready]
        return camera, max(waits, default=0.0)

    def _wait(self, other: str, camera: str) -> float:
        """Return how long an image of another camera is worth waiting for before this one's, seconds."""
        if self._spent[other] >= self._spent[camera]:
            return 0.0
        allowed = MAX_IDLE_SHARE * self._cost.get(camera, 0.0)
        due = self._arrived[other] + self._period[other] - self._clock()
        return due + allowed if -allowed < due <= allowed else 0.0

    @staticmethod
    def _smooth(mean: float | None, value: float) -> float:
        return value if mean is None else mean + SMOOTHING * (value - mean)
