"""Processes of one's own: memory, threads and what they break are theirs, and they end with their parent."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import active_children, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

from superpoint_ros.core.errors import ProcessError, SuperPointRosError

Result = TypeVar("Result")
PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have this process told to stop when the one that started it ends, however that ends; Linux alone can."""
    parent = os.getppid()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)


class _Process(SpawnProcess):
    """A process that SIGINT does not reach, from its first instruction on: Ctrl-C is for the one that started it."""

    def start(self) -> None:
        resource_tracker.ensure_running()  # to start it later would unblock SIGINT
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _Context(SpawnContext):
    Process = _Process


@contextmanager
def process_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of so many new processes, which have loaded nothing yet and end with this one.

    An error or an interruption within the `with` ends the pool at once: what runs is killed, what waits never begins.

    Raises:
        ProcessError: One of the processes ended by itself.
    """
    others = active_children()
    pool = ProcessPoolExecutor(processes, _Context(), initializer=end_with_parent)
    try:
        yield pool
        pool.shutdown()
    except BaseException as error:
        for process in active_children():
            if process not in others:
                process.kill()
        pool.shutdown(cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise ProcessError("a process ended before its work was done; was there enough memory?") from error
        raise


def run_apart(function: Callable[..., Result], *arguments: Any, timeout_s: float | None = None) -> Result:
    """Call a function of a module in a new process, which has loaded nothing yet.

    >>> run_apart(divmod, 7, 2)
    (3, 1)

    Args:
        function: Function that can be pickled, as its arguments and its result must be.
        arguments: Its arguments.
        timeout_s: Seconds after which the process is ended; None = never.

    Raises:
        ProcessError: The process ends without a result (a crash, an exit), or not in time; or the function raises an
            error that is none of this package's.
        SuperPointRosError: What the function raises of this package's errors.
    """
    context = _Context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(timeout_s):
            raise ProcessError(f"no answer within {timeout_s:.0f} s")
        answer: Result | SuperPointRosError = receiver.recv()
    except EOFError:
        process.join()
        raise ProcessError(f"its process ended {describe_exit(process.exitcode)}") from None
    finally:
        process.kill()
        process.join()
        receiver.close()
    if isinstance(answer, SuperPointRosError):
        raise answer
    return answer


def _answer(sender: Connection, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    end_with_parent()
    try:
        sender.send(function(*arguments))
    except SuperPointRosError as error:
        sender.send(error)
    except Exception as error:
        sender.send(ProcessError(f"{type(error).__name__}: {error}"))


def describe_exit(status: int | None) -> str:
    """Describe how a process ended: "by SIGILL", "with status 1"."""
    if status is not None and status < 0:
        return f"by {signal.Signals(-status).name}"
    return f"with status {status}"
