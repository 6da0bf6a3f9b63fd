from superpoint_ros.ros.runtime import throttled_warnings
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings


class Recorder:
    def __init__(self):
        self.lines = []

    def warning(self, text):
        self.lines.append(text)


def test_a_warning_is_logged_once_a_period_and_key(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(throttled_warnings.time, "monotonic", lambda: now[0])
    logger = Recorder()
    warnings = ThrottledWarnings(logger, period_s=5.0)
    for _ in range(4):
        warnings.warn("/left", "step", "bad step")
    warnings.warn("/left", "data", "bad data")
    warnings.warn("/right", "step", "bad step")
    assert logger.lines == ["/left: bad step", "/left: bad data", "/right: bad step"]
    now[0] += 5.0
    warnings.warn("/left", "step", "bad step")
    assert logger.lines[-1] == "/left: bad step (3 more like this since the last warning)"
