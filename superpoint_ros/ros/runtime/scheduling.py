"""Between the callbacks, which only put, and the one worker, which takes what is ready from all cameras at once."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from superpoint_ros.ros.runtime.time_shares import TimeShares

Item = TypeVar("Item")
# Called with a camera and the cause, for each of its items that is dropped.
OnDrop: TypeAlias = Callable[[str, str], None]
# Cause of a drop: a newer item took the place of one that still waited.
NEWER = "newer"
# Cause of a drop: the node was deactivated before it came to it.
INACTIVE = "inactive"


def ignore_drop(camera: str, cause: str) -> None:
    """Do nothing."""


class FrameQueue(ABC, Generic[Item]):
    """Queue items of several cameras, in the order in which the policy hands them out. Safe for concurrent use.

    Args:
        on_drop: Told of each item that is dropped.
    """

    def __init__(self, on_drop: OnDrop = ignore_drop) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._is_busy = False
        self._on_drop = on_drop

    def put(self, camera: str, item: Item) -> None:
        """Store an item without blocking."""
        with self._changed:
            self._store(camera, item)
            self._changed.notify_all()

    def take(self) -> list[tuple[str, Item]]:
        """Wait for a batch of (camera, item), at most one item per camera; [] once closed.

        Whoever asks for the next batch has finished the one before.
        """
        with self._changed:
            while not self._closed:
                batch, patience = self._batch() if len(self) else ([], None)
                if batch:
                    self._is_busy = True
                    return batch
                self._finish()
                self._changed.wait(patience)
            self._finish()
            return []

    def _finish(self) -> None:
        """Note that what was handed out is finished, and nothing follows."""
        self._is_busy = False
        self._changed.notify_all()

    def take_ready(self) -> list[tuple[str, Item]]:
        """Return a batch without waiting; [] where none is ready."""
        with self._changed:
            return self._batch()[0] if len(self) else []

    def spend(self, cameras: Sequence[str], seconds: float) -> None:
        """Note what a batch of these cameras has taken."""

    def rest(self) -> None:
        """Drop what waits, and wait until what was handed out is finished."""
        with self._changed:
            for camera in self._discard():
                self._on_drop(camera, INACTIVE)
            self._changed.wait_for(lambda: not self._is_busy)

    def flush(self) -> None:
        """Let no item wait for another one that is still to come."""

    def close(self) -> None:
        """Wake whoever waits; what is still queued is never handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @abstractmethod
    def __len__(self) -> int:
        """Return how many items wait."""

    @abstractmethod
    def _store(self, camera: str, item: Item) -> None: ...

    @abstractmethod
    def _discard(self) -> list[str]:
        """Forget what waits; return the camera of each item."""

    @abstractmethod
    def _batch(self) -> tuple[list[tuple[str, Item]], float | None]:
        """Return a batch; or [] and the seconds after which to ask again, unless an item comes before."""


class LatestQueue(FrameQueue[Item]):
    """Keep the newest item of every camera; a newer one takes the place of one that still waits.

    Attributes:
        together: Whether all that wait are one batch; if not, each is one, and cameras share the worker's time.
    """

    def __init__(self, on_drop: OnDrop = ignore_drop) -> None:
        super().__init__(on_drop)
        self.together = True
        self._newest: dict[str, Item] = {}
        self._shares = TimeShares()

    def __len__(self) -> int:
        return len(self._newest)

    def _store(self, camera: str, item: Item) -> None:
        self._shares.arrive(camera)
        if camera in self._newest:
            self._on_drop(camera, NEWER)
        self._newest[camera] = item

    def _discard(self) -> list[str]:
        cameras = list(self._newest)
        self._newest.clear()
        return cameras

    def _batch(self) -> tuple[list[tuple[str, Item]], float | None]:
        if self.together:
            batch = list(self._newest.items())
            self._newest.clear()
            return batch, None
        camera, patience = self._shares.choose(self._newest)
        return ([], patience) if patience > 0.0 else ([(camera, self._newest.pop(camera))], None)

    def spend(self, cameras: Sequence[str], seconds: float) -> None:
        """Note what a batch of these cameras has taken."""
        with self._changed:
            for camera in cameras:
                self._shares.spend(camera, seconds / len(cameras))


class EveryFrameQueue(FrameQueue[Item]):
    """Keep every item, in order of arrival, without bound.

    One item is a batch: what other cameras sent meanwhile depends on timing, and the batch an image travels in
    may change the last bits of the network's result. Alone, the same images always give the same bytes.
    """

    def __init__(self, on_drop: OnDrop = ignore_drop) -> None:
        super().__init__(on_drop)
        self._waiting: deque[tuple[str, Item]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def _store(self, camera: str, item: Item) -> None:
        self._waiting.append((camera, item))

    def _discard(self) -> list[str]:
        cameras = [camera for camera, _ in self._waiting]
        self._waiting.clear()
        return cameras

    def _batch(self) -> tuple[list[tuple[str, Item]], float | None]:
        return [self._waiting.popleft()], None


POLICIES: dict[str, type[FrameQueue[Any]]] = {"latest": LatestQueue, "every_frame": EveryFrameQueue}


class Worker(Generic[Item]):
    """Run a thread that hands every batch of a queue to a function, until it is stopped.

    Args:
        queue: Where batches come from.
        process: Called with one batch at a time; it handles its own errors.
    """

    def __init__(self, queue: FrameQueue[Item], process: Callable[[list[tuple[str, Item]]], None]):
        self._queue = queue
        self._process = process
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> int:
        """Let the batch in progress finish, for so many seconds at most; return how many items were left waiting."""
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return len(self._queue)

    @property
    def is_busy(self) -> bool:
        """Return whether a batch is still in progress after `stop`."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while batch := self._queue.take():
            start = time.perf_counter()
            self._process(batch)
            self._queue.spend([camera for camera, _ in batch], time.perf_counter() - start)
