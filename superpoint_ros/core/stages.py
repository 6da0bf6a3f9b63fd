"""How long the stages of a computation take, measured from outside: nothing is kept unless someone collects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_seconds: ContextVar[dict[str, float] | None] = ContextVar("seconds", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the time spent inside to a stage, for whoever collects."""
    seconds = _seconds.get()
    if seconds is None:
        yield
        return
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start


@contextmanager
def collect_stages() -> Iterator[dict[str, float]]:
    """Yield the seconds of each stage that runs inside, in this thread.

    >>> with collect_stages() as seconds:
    ...     with stage("sleep"):
    ...         time.sleep(0.001)
    >>> seconds["sleep"] >= 0.001
    True
    """
    seconds: dict[str, float] = {}
    token = _seconds.set(seconds)
    try:
        yield seconds
    finally:
        _seconds.reset(token)
