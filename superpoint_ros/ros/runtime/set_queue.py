"""A queue that hands out what several cameras took at one moment as one batch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from superpoint_ros.core.camera_sets import CameraSet, CameraSets
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.options import Policy, SyncOptions
from superpoint_ros.ros.runtime.scheduling import NEWER, FrameQueue, Item, OnDrop

# Cause of a drop: the image's set has fewer than min_cameras.
TOO_FEW = "too few cameras"
SET_COUNTERS = ("complete", "partial", "too_few_cameras", "dropped")


class SetQueue(FrameQueue[Item]):
    """Collect items of several cameras into sets by their stamps; a batch is a set.

    With policy `latest` sets wait by the clock, and a newer one takes the place of one that still waits when the
    worker is busy. With `every_frame` they depend on stamps alone, and none is dropped for another.

    Args:
        cameras: Names of the cameras.
        options: What makes a set.
        policy: What happens where sets come faster than they are processed.
        stamp_of: Returns the stamp of an item [ns].
        on_drop: Told of each item that is dropped.

    Attributes:
        statistics: Counts of the sets that have ended, complete or partial, or of too few cameras, and of those that
            were dropped for newer ones; "missing: <camera>"; "spread_ms", the mean difference of a set's stamps.
    """

    def __init__(
        self,
        cameras: Sequence[str],
        options: SyncOptions,
        policy: Policy,
        stamp_of: Callable[[Item], int],
        on_drop: OnDrop,
    ):
        super().__init__(on_drop)
        self.statistics = InputStatistics((*SET_COUNTERS, *(f"missing: {camera}" for camera in cameras)))
        self._is_latest, self._stamp_of, self._min_cameras = policy == "latest", stamp_of, options.min_cameras
        self._make_sets: Callable[[], CameraSets[Item]] = partial(
            CameraSets,
            cameras,
            tolerance=options.tolerance_nanoseconds,
            timeout=options.timeout_nanoseconds,
            clock=time.monotonic_ns if self._is_latest else None,
        )
        self._sets: CameraSets[Item] = self._make_sets()
        self._ready: deque[CameraSet[Item]] = deque()

    def __len__(self) -> int:
        return len(self._sets) + sum(len(one.items) for one in self._ready)

    def flush(self) -> None:
        """Let sets that wait for more cameras wait no longer."""
        with self._changed:
            self._admit(self._sets.flush())
            self._changed.notify()

    def _store(self, camera: str, item: Item) -> None:
        self._admit(self._sets.put(camera, self._stamp_of(item), item))

    def _discard(self) -> list[str]:
        cameras = [camera for one in (*self._ready, *self._sets.flush()) for camera in one.items]
        self._ready.clear()
        self._sets = self._make_sets()
        return cameras

    def _batch(self) -> tuple[list[tuple[str, Item]], float | None]:
        self._admit(self._sets.end())
        if self._ready:
            return list(self._ready.popleft().items.items()), None
        return [], self._sets.patience()

    def _admit(self, ended: list[CameraSet[Item]]) -> None:
        usable = [one for one in ended if self._is_usable(one)]
        if self._is_latest and usable:
            # Sets that end at once do not displace each other where the worker waits for them.
            displaced = [*self._ready, *(usable[:-1] if self._is_busy else [])]
            self._drop(displaced, NEWER)
            self.statistics.count("dropped", len(displaced))
            self._ready.clear()
            usable = usable[-1:] if self._is_busy else usable
        self._ready.extend(usable)

    def _is_usable(self, one: CameraSet[Item]) -> bool:
        """Count a set that has ended, and drop it where it is too small."""
        for camera in one.missing:
            self.statistics.count(f"missing: {camera}")
        self.statistics.add_time("spread", 1e-9 * one.spread)
        if len(one.items) < self._min_cameras:
            self.statistics.count("too_few_cameras")
            self._drop([one], TOO_FEW)
            return False
        self.statistics.count("partial" if one.missing else "complete")
        return True

    def _drop(self, sets: list[CameraSet[Item]], cause: str) -> None:
        for camera in (camera for one in sets for camera in one.items):
            self._on_drop(camera, cause)
