import os
import signal
import sys
import threading
import time

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


def test_an_exit_in_words():
    assert (describe_exit(-11), describe_exit(0)) == ("by SIGSEGV", "with status 0")
