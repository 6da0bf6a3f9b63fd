"""From Python's logging to the node's log."""

from __future__ import annotations

import logging
import threading
from typing import ClassVar

from rclpy.impl.rcutils_logger import RcutilsLogger

LIBRARY = "superpoint_ros"
# rclpy's severities are Python's levels.
DEFAULT_LEVEL = logging.INFO


def write(logger: RcutilsLogger, level: int, text: str) -> None:
    """Log a text to a node's log with a level of Python's logging."""
    # One call per severity, each on its own line: rclpy ties a severity to the line that logs.
    if level >= logging.ERROR:
        logger.error(text)
    elif level >= logging.WARNING:
        logger.warning(text)
    elif level >= logging.INFO:
        logger.info(text)
    else:
        logger.debug(text)


class LogForwarding(logging.Handler):
    """Forward what the library code logs to a node's log (rosout, console, file), until it is closed.

    Each record goes to one node: the one whose thread logs it, or the first where no node's does. The library's level
    follows the nodes'.

    Args:
        logger: Logger of the node.
    """

    _active: ClassVar[list[LogForwarding]] = []
    _threads = threading.local()

    def __init__(self, logger: RcutilsLogger):
        super().__init__()
        self._logger = logger
        if not self._active:
            logging.getLogger(LIBRARY).addHandler(self)
        self._active.append(self)
        self.follow_level()

    def adopt_thread(self) -> None:
        """Take what the calling thread logs from now on."""
        self._threads.owner = self

    def follow_level(self) -> None:
        """Let the library log what the most talkative node wants to hear."""
        levels = [int(one._logger.get_effective_level()) for one in self._active]
        logging.getLogger(LIBRARY).setLevel(min(levels, default=DEFAULT_LEVEL))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to the log of the node that it belongs to."""
        owner = getattr(self._threads, "owner", None)
        write((owner if owner in self._active else self)._logger, record.levelno, self.format(record))

    def close(self) -> None:
        """Forward nothing any more; another node's forwarding takes over what belongs to none."""
        library = logging.getLogger(LIBRARY)
        if self in self._active:
            self._active.remove(self)
            library.removeHandler(self)
            if self._active and self._active[0] not in library.handlers:
                library.addHandler(self._active[0])
            if not self._active:
                library.setLevel(logging.NOTSET)
        super().close()
