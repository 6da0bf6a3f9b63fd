import logging

import pytest

from superpoint_ros.ros.runtime import logs


class Recorder:
    def __init__(self):
        self.lines = []

    def __getattr__(self, severity):
        return lambda text: self.lines.append((severity, text))


@pytest.mark.parametrize("severity", ["debug", "info", "warning", "error"])
def test_library_logs_are_forwarded(severity):
    recorder = Recorder()
    logger = logging.Logger("library")
    logger.addHandler(logs.NodeLogHandler(recorder))
    getattr(logger, severity)("value %d", 3)
    assert recorder.lines == [(severity, "value 3")]


def test_a_warning_is_logged_once_a_period_and_key(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    recorder = Recorder()
    warnings = logs.ThrottledWarnings(recorder, period_s=5.0)
    for _ in range(4):
        warnings.warn("/left", "step", "bad step")
    warnings.warn("/left", "data", "bad data")
    warnings.warn("/right", "step", "bad step")
    assert [text for _, text in recorder.lines] == ["/left: bad step", "/left: bad data", "/right: bad step"]
    now[0] += 5.0
    warnings.warn("/left", "step", "bad step")
    assert recorder.lines[-1][1] == "/left: bad step (3 more like this since the last warning)"
