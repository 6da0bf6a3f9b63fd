"""Numbers -> stamps of messages."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from superpoint_ros.core.stamps import SECOND


def time_message(stamp: int) -> Time:
    """Make a stamp of so many nanoseconds since the clock's epoch."""
    return Time(sec=stamp // SECOND, nanosec=stamp % SECOND)
