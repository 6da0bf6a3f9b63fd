import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from superpoint_ros.core.errors import CheckpointError, ProcessError
from superpoint_ros.core.files import first_bytes
from superpoint_ros.core.processes import describe_exit, run_apart
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
    "pool": "with process_pool(2) as pool: list(pool.map(note_process_and_wait, [folder, folder]))",
    "run_apart": "run_apart(note_process_and_wait, folder)",
}
PARENT = """
import sys
sys.path.insert(0, {tests!r})
from core.test_processes import note_process_and_wait
from superpoint_ros.core.processes import process_pool, run_apart
folder = {folder!r}
if __name__ == "__main__":
    {call}
"""


@pytest.mark.parametrize(("call", "count"), [("pool", 2), ("run_apart", 1)])
def test_processes_end_with_the_one_that_started_them_even_where_it_is_killed(call, count, tmp_path):
    program, folder = tmp_path / "parent.py", tmp_path / "processes"
    folder.mkdir()
    tests = str(Path(__file__).parents[1])
    program.write_text(PARENT.format(tests=tests, folder=str(folder), call=PARENTS[call]), encoding="utf-8")
    with subprocess.Popen([sys.executable, program]) as parent:
        deadline = time.monotonic() + 50
        while len(processes := [int(path.name) for path in folder.iterdir()]) < count:
            assert parent.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert all(is_running(process) for process in processes)
        parent.kill()
    while any(is_running(process) for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process):
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def test_an_exit_in_words():
    assert (describe_exit(-11), describe_exit(0)) == ("by SIGSEGV", "with status 0")
