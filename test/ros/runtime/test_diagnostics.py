import pytest
from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.ros.runtime.diagnostics import (
    MAX_ON_THEIR_WAY,
    WINDOW,
    InputStatistics,
    Problem,
    diagnostic_status,
    process_memory,
)


def test_counters():
    statistics = InputStatistics()
    statistics.count("received")
    statistics.count("received")
    for _ in range(3):
        statistics.drop("newer")
    statistics.skip("step")
    statistics.skip("step")
    statistics.skip("data")
    values = statistics.values()
    assert statistics["received"] == 2
    assert {"received": "2", "dropped": "3", "processed": "0", "skipped": "3", "lost": "0"}.items() <= values.items()
    assert {"skipped: step": "2", "skipped: data": "1", "dropped: newer": "3"}.items() <= values.items()


def test_stage_times_are_means_of_the_newest():
    statistics = InputStatistics()
    assert "network_ms" not in statistics.values()
    statistics.add_time("network", 100.0)
    for _ in range(WINDOW // 2):
        statistics.add_time("network", 0.001)
        statistics.add_time("network", 0.003)
    assert statistics.values()["network_ms"] == "2.000"


def test_intervals_of_stamps_have_a_mean_and_a_jitter():
    statistics = InputStatistics()
    statistics.add_stamp(1_000_000)
    assert "stamp_jitter_ms" not in statistics.values()
    for stamp in (31_000_000, 71_000_000):
        statistics.add_stamp(stamp)
    values = statistics.values()
    assert (values["stamp_interval_ms"], values["stamp_jitter_ms"]) == ("35.000", "5.000")


def test_intervals_begin_anew_where_a_stamp_goes_back_and_are_of_the_newest():
    statistics = InputStatistics()
    for stamp in (5_000_000, 500_000_000, 0):
        statistics.add_stamp(stamp)
    assert "stamp_interval_ms" not in statistics.values()
    for number in range(WINDOW + 1):
        statistics.add_stamp(1_000_000_000 + 10_000_000 * number)
    values = statistics.values()
    assert (values["stamp_interval_ms"], values["stamp_jitter_ms"]) == ("10.000", "0.000")


def test_what_runs_inside_is_timed():
    statistics = InputStatistics()
    with statistics.timed("track"):
        pass
    assert 0.0 <= float(statistics.values()["track_ms"]) < 1000.0


def test_the_worst_problem_decides_the_level():
    good = diagnostic_status("left", [], {"received": "2"})
    assert (good.level, good.name, good.message) == (DiagnosticStatus.OK, "left", "running")
    assert [(value.key, value.value) for value in good.values] == [("received", "2")]
    lossy, silent = Problem("half arrive", "use a cable"), Problem("nothing comes", level=DiagnosticStatus.ERROR)
    bad = diagnostic_status("left", [silent, lossy], {})
    assert (bad.level, bad.message) == (DiagnosticStatus.ERROR, "nothing comes; half arrive; use a cable")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_latencies_are_percentiles_of_what_was_finished(clock):
    statistics = InputStatistics(clock=clock)
    assert "latency_p50_ms" not in statistics.values()
    for number in range(101):
        clock.now = 100.0 * number
        statistics.begin(number)
        clock.now += 0.001 * number
        statistics.finish(number)
    statistics.begin(7)
    values = statistics.values()
    assert (values["processed"], values["latency_p50_ms"], values["latency_p95_ms"]) == ("101", "50.500", "95.050")


def test_what_never_ends_is_forgotten():
    statistics = InputStatistics()
    for stamp in range(2 * MAX_ON_THEIR_WAY):
        statistics.begin(stamp)
    assert len(statistics._begun) == MAX_ON_THEIR_WAY


def test_rates_are_those_of_the_newest_seconds(clock):
    statistics = InputStatistics(clock=clock)
    assert statistics.rate("received") == "0.00"
    for second, number in enumerate([10, 10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0]):
        statistics.count("received", number)
        clock.now = second + 1.0
        statistics.advance()
        if second in (0, 5):
            assert statistics.rate("received") == "10.00"
    assert statistics.rate("received") == "0.00"


def test_numbers_of_the_newest_item():
    statistics = InputStatistics()
    statistics.note(keypoints=3, tracks=2)
    statistics.note(keypoints=5)
    assert {"keypoints": "5", "tracks": "2"}.items() <= statistics.values().items()


def test_what_is_skipped_is_a_problem_for_some_seconds_and_an_error_where_nothing_else_comes(clock):
    statistics = InputStatistics(clock=clock)

    def after_a_second():
        clock.now += 1.0
        statistics.advance()
        return statistics.problem()

    statistics.skip("paused")
    assert after_a_second() is None
    statistics.skip("step", "step 3 of 4 pixels")
    assert after_a_second() == Problem(
        "1 of 1 in the last 5 s skipped, the newest: [step] step 3 of 4 pixels", level=DiagnosticStatus.ERROR
    )
    statistics.finish(0)
    assert after_a_second().level == DiagnosticStatus.WARN
    problems = [after_a_second() for _ in range(8)]
    assert problems[-1] is None


def test_the_memory_of_this_process():
    assert 1.0 < float(process_memory()["memory_mb"]) < 1e5
