"""Stamps of messages as numbers."""

from __future__ import annotations

from builtin_interfaces.msg import Time

SECOND = 1_000_000_000


def nanoseconds(stamp: Time) -> int:
    """Return a stamp as nanoseconds since the clock's epoch."""
    return int(stamp.sec) * SECOND + int(stamp.nanosec)


def time_message(stamp: int) -> Time:
    """Make a stamp of so many nanoseconds since the clock's epoch."""
    return Time(sec=stamp // SECOND, nanosec=stamp % SECOND)
