"""Whether an image goes on where the one before ended: time that jumps, and sizes that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builtin_interfaces.msg import Time

from superpoint_ros.core.image_tracker import ImageTracker
from superpoint_ros.core.stamps import SECOND, nanoseconds
from superpoint_ros.ros.runtime.pipeline import Stream

if TYPE_CHECKING:
    from superpoint_ros.ros.frontend.pipeline import Frontend


class Continuity:
    """Reset or interrupt a camera's tracker where its images do not go on; each time is counted and warned of.

    Args:
        node: Warns.
    """

    def __init__(self, node: Frontend):
        self._node = node
        self._stamp: Time | None = None
        self._size: tuple[int, ...] = ()

    def advance(self, stream: Stream, stamp: Time, size: tuple[int, ...], tracker: ImageTracker) -> Time:
        """Take in the next image.

        Args:
            stream: Camera of the image.
            stamp: Stamp of the image.
            size: (height, width) of the image.
            tracker: Tracker of the camera.

        Returns:
            Stamp of the image before; zero where a new epoch begins.
        """
        (previous, self._stamp), (old_size, self._size) = (self._stamp, stamp), (self._size, size)
        if previous is None:
            return Time()
        elapsed = (nanoseconds(stamp) - nanoseconds(previous)) / SECOND
        if elapsed < 0:
            self._reset(stream, tracker, "stamp", f"timestamp jumped back {-elapsed:.6f} s; tracks reset")
            return Time()
        if size != old_size:
            text = f"image size changed from {_words(old_size)} to {_words(size)}; tracks reset"
            self._reset(stream, tracker, "size", text)
            return Time()
        if elapsed > self._node.parameters.max_time_gap and tracker.options.tracker != "descriptor":
            stream.statistics.count("gaps")
            text = f"{elapsed:.3f} s between two images; nothing is followed across, tracks are found by descriptors"
            self._node.warnings.warn(stream.topic, "gap", text)
            tracker.interrupt()
        return previous

    def restart(self, stream: Stream, tracker: ImageTracker) -> None:
        """Have the next image begin a new epoch, as somebody asked for."""
        self._stamp = None
        stream.statistics.count("resets")
        tracker.reset()

    def _reset(self, stream: Stream, tracker: ImageTracker, kind: str, text: str) -> None:
        stream.statistics.count("resets")
        self._node.warnings.warn(stream.topic, kind, text)
        tracker.reset()


def _words(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"
