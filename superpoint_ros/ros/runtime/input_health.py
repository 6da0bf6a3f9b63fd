"""Whether a stream of messages is well: how it has arrived so far, judged without ROS."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

# A node reports once a second, and what is wrong is to be said within 5 s.
PATIENCE_S = 4.0
WINDOW_S = 5.0
MAX_LOSS = 0.05
MIN_LOST = 3
SILENT_PERIODS = 5
MIN_SILENCE_S = 1.0
REMEMBERED_ARRIVALS = 20


def describe_size(message: Any) -> str:
    """Describe how large a message is, in pixels too where it is an image; "" where it holds no flat data."""
    data = getattr(message, "data", None)
    if data is None:
        return ""
    size = f"{len(data) / 1e6:.2f} MB"
    if hasattr(message, "encoding"):
        return f"{message.width}x{message.height} {message.encoding}, {size}"
    return size


class InputHealth:
    """Remember when messages of one topic arrived, and how many were lost on the way.

    Args:
        clock: Seconds, ever rising.

    Attributes:
        size: Size of the newest message, in words.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._started = clock()
        self._arrivals: deque[float] = deque(maxlen=REMEMBERED_ARRIVALS)
        self._received = self._lost = 0
        self._checks: deque[tuple[float, int, int]] = deque([(self._started, 0, 0)])
        self.size = ""

    def receive(self, message: Any, lost: int = 0) -> None:
        """Note a message that has just arrived, and how many were lost before it."""
        self._arrivals.append(self._clock())
        self._received += 1
        self._lost += lost
        self.size = describe_size(message)

    def lose(self, number: int) -> None:
        """Note messages that the middleware says it has lost."""
        self._lost += number

    def received_in_window(self) -> tuple[int, int]:
        """Return how many messages were received and lost within the last seconds, up to now."""
        _, received, lost = self._checks[0]
        return self._received - received, self._lost - lost

    def silence(self) -> tuple[float, float | None] | None:
        """Return how long there was no message [s], and the period of those before [s]; None where that is no wonder.

        The period is None where too few have come to know it.
        """
        now = self._clock()
        quiet = now - (self._arrivals[-1] if self._arrivals else self._started)
        if len(self._arrivals) < 3:
            return (quiet, None) if quiet >= PATIENCE_S else None
        # The mean: messages that waited for a busy executor arrive all at once.
        period = (self._arrivals[-1] - self._arrivals[0]) / (len(self._arrivals) - 1)
        return (quiet, period) if quiet > max(MIN_SILENCE_S, SILENT_PERIODS * period) else None

    def loss(self, expected: int = 0) -> float:
        """Return the share of the last seconds' messages that did not arrive, 0 where that is not worth a word.

        Args:
            expected: How many there must have been, by other evidence; 0 = unknown.
        """
        received, lost = self.received_in_window()
        lost = max(lost, expected - received)
        share = lost / max(received + lost, 1)
        return share if lost >= MIN_LOST and share > MAX_LOSS else 0.0

    def advance(self) -> None:
        """Move the window on; call about once a second, after the judgment."""
        now = self._clock()
        self._checks.append((now, self._received, self._lost))
        while len(self._checks) > 1 and now - self._checks[0][0] > WINDOW_S:
            self._checks.popleft()

    @property
    def received(self) -> int:
        """Return the number of messages since the start."""
        return self._received
