"""SIGINT and SIGTERM: a program ends quietly and in time, whatever it is doing, be it an import or a network's run."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_S = 1.5


def end_process(code: int) -> NoReturn:
    """End the process now: what is printed is flushed, and no thread is waited for."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)


class StopSignals:
    """Wait for the signals in a thread of its own, so that no call in C code, however long, holds them up.

    The signals are blocked for all threads that are started from now on: make it before anything else is imported.
    Before `call_on_stop` a signal ends the process at once. After it, the process has GRACE_S to end by itself; then,
    or at a second signal, it is ended.

    Args:
        code: Exit status where the process is ended.
        grace_s: Seconds that the process has.
    """

    def __init__(self, code: int = 0, grace_s: float = GRACE_S):
        self._code, self._grace_s = code, grace_s
        self._on_stop: Callable[[], object] | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        threading.Thread(target=self._wait, name="stop signals", daemon=True).start()

    def call_on_stop(self, on_stop: Callable[[], object]) -> None:
        """From now on call this, from a thread of its own, at the first signal."""
        self._on_stop = on_stop

    def _wait(self) -> None:
        signal.sigwait(STOP_SIGNALS)
        if self._on_stop is not None:
            threading.Thread(target=self._on_stop, name="on stop", daemon=True).start()
            signal.sigtimedwait(STOP_SIGNALS, self._grace_s)
        end_process(self._code)
