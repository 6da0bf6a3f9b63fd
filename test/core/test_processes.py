import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from superpoint_ros.core.errors import CheckpointError, ProcessError
from superpoint_ros.core.files import first_bytes
from superpoint_ros.core.processes import describe_exit, process_pool, run_apart
from superpoint_ros.inference.models import find_model
from superpoint_ros.ros.runtime.stopping import end_process


def test_the_function_runs_in_another_process_and_its_result_comes_back(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert run_apart(first_bytes, tmp_path / "file") == b"abc"
    assert run_apart(os.getpid) != os.getpid()


def test_an_error_of_this_package_comes_back_as_it_is():
    with pytest.raises(CheckpointError, match="model 'nobody' is not one of"):
        run_apart(find_model, None, "nobody")


def test_another_error_is_named():
    with pytest.raises(ProcessError, match="ZeroDivisionError: "):
        run_apart(divmod, 1, 0)


def test_a_result_that_cannot_be_sent_is_named():
    with pytest.raises(ProcessError, match="TypeError: cannot pickle"):
        run_apart(threading.Lock)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ((signal.raise_signal, signal.SIGILL), "its process ended by SIGILL"),
        ((end_process, 102), "its process ended with status 102"),
        ((sys.exit, 3), "its process ended with status 3"),
    ],
)
def test_a_process_that_dies_is_told_from_one_that_answers(call, says):
    with pytest.raises(ProcessError, match=says):
        run_apart(*call)


def test_what_takes_too_long_is_ended():
    start = time.monotonic()
    with pytest.raises(ProcessError, match="no answer within 1 s"):
        run_apart(time.sleep, 60, timeout_s=1.0)
    assert time.monotonic() - start < 20


def note_process_and_wait(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)


PARENTS = {
    "pool": "with process_pool(2) as pool: list(pool.map(note_process_and_wait, [folder] * 7))",
    "run_apart": "run_apart(note_process_and_wait, folder)",
}
PARENT = """
import sys
sys.path.insert(0, {tests!r})
from core.test_processes import note_process_and_wait
from superpoint_ros.core.processes import process_pool, run_apart
folder = {folder!r}
if __name__ == "__main__":
    try:
        {call}
    except KeyboardInterrupt:
        sys.exit(130)
"""
DEADLINE_S = 50.0


@contextmanager
def parent_of(count, call, tmp_path):
    """Run a program that starts processes, in a process group of its own, and yield it with so many of them."""
    program, folder = tmp_path / "parent.py", tmp_path / "processes"
    folder.mkdir()
    tests = str(Path(__file__).parents[1])
    program.write_text(PARENT.format(tests=tests, folder=str(folder), call=PARENTS[call]), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, program],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs, and so these tests in one, ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as parent:
        deadline = time.monotonic() + DEADLINE_S
        while len(processes := [int(path.name) for path in folder.iterdir()]) < count:
            assert parent.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert all(is_running(process) for process in processes)
        try:
            yield parent, processes
        finally:
            parent.kill()


@pytest.mark.parametrize(("call", "count"), [("pool", 2), ("run_apart", 1)])
def test_processes_end_with_the_one_that_started_them_even_where_it_is_killed(call, count, tmp_path):
    with parent_of(count, call, tmp_path) as (parent, processes):
        parent.kill()
        deadline = time.monotonic() + DEADLINE_S
        while any(is_running(process) for process in processes):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(("call", "count"), [("pool", 2), ("run_apart", 1)])
def test_an_interruption_ends_what_runs_and_begins_nothing_that_waits(call, count, tmp_path):
    with parent_of(count, call, tmp_path) as (parent, processes):
        os.killpg(parent.pid, signal.SIGINT)
        _, said = parent.communicate(timeout=DEADLINE_S)
        assert (parent.returncode, said) == (130, "")
        assert not any(is_running(process) for process in processes)
        assert len(list((tmp_path / "processes").iterdir())) == count


def fail_beside(waiting):
    with process_pool(2) as pool:
        failing = pool.submit(divmod, 1, 0)
        waiting += [pool.submit(time.sleep, 3600) for _ in range(5)]
        failing.result()


def test_an_error_of_one_task_ends_the_others():
    waiting = []
    with pytest.raises(ZeroDivisionError):
        fail_beside(waiting)
    assert all(one.cancelled() or one.exception() for one in waiting)


def test_a_process_of_a_pool_that_dies_is_named():
    with pytest.raises(ProcessError, match="a process ended before its work was done"), process_pool(1) as pool:
        pool.submit(end_process, 102).result()


def is_running(process):
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def test_an_exit_in_words():
    assert (describe_exit(-11), describe_exit(0)) == ("by SIGSEGV", "with status 0")
