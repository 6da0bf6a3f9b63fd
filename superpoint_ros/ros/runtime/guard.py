"""What keeps a node alive: one bad input is counted and said, and the next one is waited for."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from rclpy.node import Node

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.logs import ThrottledWarnings


class Guard:
    """Ends what goes wrong with one input.

    Args:
        node: whose log is written to.
        statistics: where skipped inputs are counted by reason.
        warnings: says so, at most every few seconds for each reason.
        topic: of the input.
        what: the input in a word, "image" for example.
    """

    def __init__(self, node: Node, statistics: InputStatistics, warnings: ThrottledWarnings, topic: str, what: str):
        self._node = node
        self._statistics = statistics
        self._warnings = warnings
        self._topic = topic
        self._what = what

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Errors of this package are counted by their `reason`; any other is logged in full as well."""
        try:
            yield
        except SuperPointRosError as error:
            self._skip(getattr(error, "reason", type(error).__name__), str(error))
        except Exception as error:
            if self._node.context.ok():
                self._skip("internal error", f"{type(error).__name__}: {error}")
                self._node.get_logger().error(traceback.format_exc())

    def _skip(self, reason: str, text: str) -> None:
        self._statistics.skip(reason)
        self._warnings.warn(self._topic, reason, f"{self._what} skipped [{reason}]: {text}")
