"""Messages of two topics, paired by their stamps; what finds no partner is counted."""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, TypeVar

from superpoint_ros.core.errors import ParameterError

First = TypeVar("First")
Second = TypeVar("Second")


class Pairing(Generic[First, Second]):
    """Pair two streams whose stamps rise; each item is used once.

    >>> pairing = Pairing(slop=5, queue_size=10)
    >>> pairing.put_first(100, "left")
    >>> pairing.put_second(103, "right")
    ('left', 'right')

    An arriving item takes the waiting one of the other stream that is nearest in time, if it is near enough; at once,
    as a robot would rather not wait for one that may be nearer still. With a slop of 0 pairs do not depend on the
    order of arrival. Items older than a pair can no longer find a partner and are given up.

    Args:
        slop: Largest difference between the stamps of a pair, nanoseconds; 0 = they must be equal.
        queue_size: Number of items of a stream that may wait for a partner; the oldest is given up.

    Raises:
        ParameterError: A negative slop, or a queue without room.

    Attributes:
        missed: Number of items given up, of the first and of the second stream.
        resets: Number of times a stamp of a stream went backward; what waits with a later stamp is then given up. Where
            the other stream follows before the next pair, what waits of the first one is new, and stays.
    """

    def __init__(self, *, slop: int, queue_size: int):
        if slop < 0 or queue_size < 1:
            raise ParameterError(f"slop={slop}, queue_size={queue_size}; they must be at least 0 and 1")
        self._slop, self._queue_size = slop, queue_size
        self._waiting: tuple[deque[tuple[int, Any]], deque[tuple[int, Any]]] = (deque(), deque())
        self._newest = [-1, -1]
        self._to_follow: int | None = None
        self.missed = [0, 0]
        self.resets = 0

    def put_first(self, stamp: int, item: First) -> tuple[First, Second] | None:
        """Put an item of the first stream with its stamp [ns], and return the pair that it completes, if any."""
        partner = self._put(0, stamp, item)
        return None if partner is None else (item, partner[1])

    def put_second(self, stamp: int, item: Second) -> tuple[First, Second] | None:
        """Put an item of the second stream with its stamp [ns], and return the pair that it completes, if any."""
        partner = self._put(1, stamp, item)
        return None if partner is None else (partner[1], item)

    def give_up(self) -> None:
        """Give up what waits for a partner."""
        for stream in (0, 1):
            self._forget_later_than(-1, stream)

    def _put(self, stream: int, stamp: int, item: Any) -> tuple[int, Any] | None:
        own, other = self._waiting[stream], self._waiting[1 - stream]
        if stamp < self._newest[stream]:
            self._step_back(stream, stamp)
        self._newest[stream] = stamp
        # Take the waiting item nearest in time, if it is near enough.
        partner = min(other, key=lambda waiting: abs(waiting[0] - stamp), default=None)
        if partner is None or abs(partner[0] - stamp) > self._slop:
            own.append((stamp, item))
            if len(own) > self._queue_size:
                own.popleft()
                self.missed[stream] += 1
            return None
        self._to_follow = None
        # Give up what is older than the pair.
        self.missed[stream] += len(own)
        own.clear()
        while other.popleft() is not partner:
            self.missed[1 - stream] += 1
        return partner

    def _step_back(self, stream: int, stamp: int) -> None:
        self.resets += 1
        follows = stream == self._to_follow
        self._to_follow = None if follows else 1 - stream
        for old in (stream,) if follows else (0, 1):
            self._forget_later_than(stamp, old)

    def _forget_later_than(self, stamp: int, stream: int) -> None:
        waiting = self._waiting[stream]
        kept = [one for one in waiting if one[0] <= stamp]
        self.missed[stream] += len(waiting) - len(kept)
        waiting.clear()
        waiting.extend(kept)
