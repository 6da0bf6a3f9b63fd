"""Images of cameras that fire together, collected into sets by their stamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from superpoint_ros.core.errors import ParameterError

# A camera that was silent for so many timeouts is not waited for until it sends again.
SILENT_TIMEOUTS = 10
CLOCK = "clock"

Item = TypeVar("Item")


@dataclass(frozen=True)
class CameraSet(Generic[Item]):
    """Hold what several cameras took at one moment.

    Attributes:
        items: Items by camera, in the order of the cameras.
        missing: Cameras that the set has no item of.
        spread: Difference of the latest and the earliest stamp, nanoseconds.
    """

    items: Mapping[str, Item]
    missing: tuple[str, ...]
    spread: int


@dataclass(frozen=True)
class _Waiting(Generic[Item]):
    """Hold an item, and when it is due: the time that makes the end of waiting, by each name that tells the time."""

    stamp: int
    due: Mapping[str, int]
    item: Item


class CameraSets(Generic[Item]):
    """Collect items of several cameras into sets whose stamps lie within a tolerance.

    >>> sets = CameraSets(["left", "right"], tolerance=5, timeout=100)
    >>> sets.put("left", 1000, "L0")
    []
    >>> [one.items for one in sets.put("right", 1003, "R0")]
    [{'left': 'L0', 'right': 'R0'}]

    Each item is part of one set, and each camera's items come out in the order in which they were put. A set begins
    with the earliest stamp that waits. It ends once each camera has an item in it, or has gone past it; or once it has
    waited for the timeout. Stamps of a camera rise; where one goes back, what waits with a later stamp is not waited
    for any longer. Keep the tolerance below half of the cameras' period, so that there is one way to make sets.

    Without a clock time is told by stamps: an item has waited long enough once a camera has sent one that is later by
    more than tolerance and timeout. Sets then depend on stamps alone, in whatever order the cameras' items arrive, as
    long as none arrives so late. A camera whose stamps were that far ahead already has to go on by as much.

    Args:
        cameras: Names of the cameras; two at least make sense.
        tolerance: Largest difference between the stamps of a set, nanoseconds.
        timeout: How long an item waits for others, nanoseconds.
        clock: Returns the time, nanoseconds, ever rising; None = stamps tell the time.
        queue_size: Number of items of a camera that may wait, whatever the time.

    Raises:
        ParameterError: A negative tolerance or timeout, or a queue without room.
    """

    def __init__(
        self,
        cameras: Sequence[str],
        *,
        tolerance: int,
        timeout: int,
        clock: Callable[[], int] | None = None,
        queue_size: int = 100,
    ):
        if tolerance < 0 or timeout < 0 or queue_size < 1:
            text = f"tolerance={tolerance}, timeout={timeout}, queue_size={queue_size}"
            raise ParameterError(f"{text}; they must be at least 0, 0 and 1")
        self._tolerance, self._timeout, self._clock, self._queue_size = tolerance, timeout, clock, queue_size
        self._waiting: dict[str, deque[_Waiting[Item]]] = {camera: deque() for camera in cameras}
        self._newest: dict[str, int] = {}
        self._heard: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many items wait."""
        return sum(map(len, self._waiting.values()))

    def put(self, camera: str, stamp: int, item: Item) -> list[CameraSet[Item]]:
        """Put an item of a camera with its stamp [ns]; return the sets that have ended, the earliest first."""
        ended = self._restart(stamp) if stamp < self._newest.get(camera, stamp) else []
        due = self._due(stamp)
        self._heard = self._heard or dict.fromkeys(self._waiting, self._time())
        self._newest[camera], self._heard[camera] = stamp, self._time()
        self._waiting[camera].append(_Waiting(stamp, due, item))
        return ended + self.end()

    def end(self) -> list[CameraSet[Item]]:
        """Return the sets that have ended by now, the earliest first."""
        ended = []
        while (start := self._ended_start()) is not None:
            ended.append(self._take(start))
        return ended

    def flush(self) -> list[CameraSet[Item]]:
        """Return sets of all that wait, the earliest first: nothing more will come."""
        ended = []
        while heads := self._heads():
            ended.append(self._take(min(heads.values())))
        return ended

    def patience(self) -> float | None:
        """Return the seconds after which `end` is to be called if no item comes before; None = whenever one comes."""
        due = [queue[0].due[CLOCK] for queue in self._waiting.values() if queue and self._clock is not None]
        return max(0.0, 1e-9 * (min(due) - self._time())) if due else None

    def _time(self) -> int:
        return 0 if self._clock is None else self._clock()

    def _due(self, stamp: int) -> dict[str, int]:
        """Return when an item that arrives now is due, by the clock or by each camera's stamps."""
        if self._clock is not None:
            return {CLOCK: self._clock() + self._timeout}
        last = stamp + self._tolerance + self._timeout
        newest = {camera: self._newest.get(camera, stamp) for camera in self._waiting}
        return {camera: 1 + last + (one - stamp if one > last else 0) for camera, one in newest.items()}

    def _heads(self) -> dict[str, int]:
        return {camera: queue[0].stamp for camera, queue in self._waiting.items() if queue}

    def _ended_start(self) -> int | None:
        """Return the earliest stamp of a set that has ended; None = there is none."""
        heads = self._heads()
        if not heads:
            return None
        start = min(heads.values())
        if all(self._is_past(camera, start + self._tolerance) for camera in self._waiting):
            return start
        # A camera whose stamps are apart from the others' is not to wait for them, nor they for it.
        due = [stamp for camera, stamp in heads.items() if self._is_due(self._waiting[camera])]
        if not due:
            return None
        return min(stamp for stamp in heads.values() if stamp >= min(due) - self._tolerance)

    def _is_past(self, camera: str, end: int) -> bool:
        """Tell whether nothing of a camera is still to come for a set that ends at this stamp."""
        if self._waiting[camera] or self._newest.get(camera, end) > end:
            return True
        return self._time() - self._heard[camera] > SILENT_TIMEOUTS * self._timeout

    def _is_due(self, queue: deque[_Waiting[Item]]) -> bool:
        times = self._newest if self._clock is None else {CLOCK: self._time()}
        return len(queue) > self._queue_size or any(now >= queue[0].due[name] for name, now in times.items())

    def _take(self, start: int) -> CameraSet[Item]:
        members = [camera for camera, stamp in self._heads().items() if start <= stamp <= start + self._tolerance]
        taken = {camera: self._waiting[camera].popleft() for camera in members}
        missing = tuple(camera for camera in self._waiting if camera not in taken)
        spread = max(one.stamp for one in taken.values()) - start
        return CameraSet({camera: one.item for camera, one in taken.items()}, missing, spread)

    def _restart(self, stamp: int) -> list[CameraSet[Item]]:
        """Begin anew at a stamp that went back; return sets of what waits with later ones."""
        self._newest.clear()
        limit = stamp + self._tolerance
        kept = {camera: queue for camera, queue in self._waiting.items() if not queue or queue[-1].stamp <= limit}
        self._waiting |= {camera: deque() for camera in kept}
        ended = self.flush()
        self._waiting |= kept
        return ended
