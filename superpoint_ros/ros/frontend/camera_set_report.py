"""What becomes of the sets of cameras that fire together: a line of the node's report, and a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.ros.runtime.diagnostics import InputStatistics, Problem, diagnostic_status

if TYPE_CHECKING:
    from superpoint_ros.ros.frontend.pipeline import Frontend

# Counters of sets that have ended.
ENDS = ("complete", "partial", "too_few_cameras")


class CameraSetReport:
    """Report on sets.

    Args:
        node: Has the cameras, and warns.
        statistics: What the queue counts of the sets.
    """

    def __init__(self, node: Frontend, statistics: InputStatistics):
        self._node, self._statistics = node, statistics
        self._reported = self._counts()

    def _counts(self) -> dict[str, int]:
        """Return the number of sets that have ended, and by camera of those that lack it."""
        missing = {camera: self._statistics[f"missing: {camera}"] for camera in self._node.parameters.cameras}
        return {"": sum(self._statistics[name] for name in ENDS)} | missing

    def status(self) -> DiagnosticStatus:
        """Return the line of the sets; that every set since the last report lacked a camera is a problem."""
        counts, before = self._counts(), self._reported
        self._reported = counts
        new = {name: number - before[name] for name, number in counts.items()}
        ended = new.pop("")
        absent = [name for name, number in new.items() if ended and number == ended]
        problems = [self._describe(ended, absent)] if absent else []
        for problem in problems:
            self._node.warnings.warn(self._node.get_name(), "sets", str(problem))
        return diagnostic_status("camera sets", problems, self._statistics.values())

    def _describe(self, ended: int, absent: list[str]) -> Problem:
        tolerance = self._node.parameters.sync.sync_tolerance
        return Problem(
            f"each of the {ended} sets since the last report lacks {' and '.join(absent)}",
            f"is it running, and are its stamps within sync_tolerance={tolerance:g} s of the others'?",
        )
