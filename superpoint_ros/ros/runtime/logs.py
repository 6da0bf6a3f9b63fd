"""From Python's logging to the node's log, and warnings that do not flood it."""

from __future__ import annotations

import logging
import time

from rclpy.impl.rcutils_logger import RcutilsLogger


class NodeLogHandler(logging.Handler):
    """Forwards what the library code logs to the node's logger (rosout, console, file)."""

    def __init__(self, logger: RcutilsLogger):
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        # One call per severity, each on its own line: rclpy ties a severity to the line that logs.
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        elif record.levelno >= logging.INFO:
            self._logger.info(text)
        else:
            self._logger.debug(text)


class ThrottledWarnings:
    """Logs a warning at most once per period and key; says how many were held back in between."""

    def __init__(self, logger: RcutilsLogger, period_s: float = 5.0):
        self._logger = logger
        self._period_s = period_s
        self._last: dict[tuple[str, str], float] = {}
        self._held_back: dict[tuple[str, str], int] = {}

    def warn(self, topic: str, kind: str, text: str) -> None:
        """Logs "topic: text", unless one of this kind on this topic was logged less than a period ago."""
        key, now = (topic, kind), time.monotonic()
        if now - self._last.get(key, -float("inf")) < self._period_s:
            self._held_back[key] = self._held_back.get(key, 0) + 1
            return
        self._last[key] = now
        held_back = self._held_back.pop(key, 0)
        suffix = f" ({held_back} more like this since the last warning)" if held_back else ""
        self._logger.warning(f"{topic}: {text}{suffix}")
