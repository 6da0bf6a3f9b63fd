"""Stamps of messages as numbers, whichever library made the message."""

from __future__ import annotations

from typing import Protocol

SECOND = 1_000_000_000


class Stamp(Protocol):
    """Hold the fields of builtin_interfaces/Time."""

    sec: int
    nanosec: int


def nanoseconds(stamp: Stamp) -> int:
    """Return a stamp as nanoseconds since the clock's epoch."""
    return int(stamp.sec) * SECOND + int(stamp.nanosec)
