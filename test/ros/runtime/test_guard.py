"""One bad input ends nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.ros.messages.images import InputError
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.guard import Guard
from superpoint_ros.ros.runtime.logs import ThrottledWarnings


class Log(list):
    def warning(self, text: str) -> None:
        self.append(("warning", text))

    def error(self, text: str) -> None:
        self.append(("error", text))


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def statistics():
    return InputStatistics()


def guard(log: Log, statistics: InputStatistics, running: bool = True) -> Guard:
    node = SimpleNamespace(context=SimpleNamespace(ok=lambda: running), get_logger=lambda: log)
    return Guard(node, statistics, ThrottledWarnings(log), "/topic", "pair")


def test_a_bad_input_is_counted_by_its_reason_and_said_once(log, statistics):
    guarded = guard(log, statistics)
    for _ in range(3):
        with guarded():
            raise InputError("size", "too small")
    assert statistics.values()["skipped: size"] == "3"
    assert log == [("warning", "/topic: pair skipped [size]: too small")]


def test_an_error_without_a_reason_is_counted_by_its_kind(log, statistics):
    with guard(log, statistics)():
        raise CalibrationError("strange lens")
    assert statistics.values()["skipped: CalibrationError"] == "1"


def test_any_other_error_is_logged_in_full(log, statistics):
    with guard(log, statistics)():
        raise ZeroDivisionError("oh")
    assert statistics.values()["skipped: internal error"] == "1"
    assert log[0] == ("warning", "/topic: pair skipped [internal error]: ZeroDivisionError: oh")
    assert log[1][0] == "error"
    assert "Traceback" in log[1][1]


def test_what_fails_because_ros_is_shutting_down_is_not_said(log, statistics):
    with guard(log, statistics, running=False)():
        raise ZeroDivisionError
    assert log == []


def test_nothing_wrong_changes_nothing(log, statistics):
    with guard(log, statistics)():
        pass
    assert (log, statistics["skipped"]) == ([], 0)
