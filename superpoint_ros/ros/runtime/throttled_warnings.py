"""Warnings that do not flood a log."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class WarningLogger(Protocol):
    """Describe what warnings are written to: a node's logger, or one of Python's."""

    def warning(self, message: str) -> object:
        """Log a warning."""
        ...


class ThrottledWarnings:
    """Log a warning at most once per period and key; say how many were held back in between. Safe for concurrent use.

    Args:
        logger: Logger of the node.
        period_s: Seconds between two warnings of one key.
    """

    def __init__(self, logger: WarningLogger, period_s: float = 5.0):
        self._logger = logger
        self._period_s = period_s
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], float] = {}
        self._held_back: dict[tuple[str, str], int] = {}

    def warn(self, topic: str, kind: str, text: str) -> bool:
        """Log "topic: text", unless one of this kind on this topic was logged less than a period ago.

        Returns:
            Whether it was logged.
        """
        key, now = (topic, kind), time.monotonic()
        with self._lock:
            if now - self._last.get(key, -float("inf")) < self._period_s:
                self._held_back[key] = self._held_back.get(key, 0) + 1
                return False
            self._last[key] = now
            held_back = self._held_back.pop(key, 0)
        suffix = f" ({held_back} more like this since the last warning)" if held_back else ""
        self._logger.warning(f"{topic}: {text}{suffix}")
        return True
