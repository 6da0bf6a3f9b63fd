from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.ros.runtime.diagnostics import WINDOW, InputStatistics, diagnostic_status


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


def test_a_problem_makes_the_status_a_warning():
    good = diagnostic_status("frontend: left", "/left/image", "", {"received": "2"})
    assert (good.level, good.name, good.hardware_id) == (DiagnosticStatus.OK, "frontend: left", "/left/image")
    assert [(value.key, value.value) for value in good.values] == [("received", "2")]
    bad = diagnostic_status("frontend: left", "/left/image", "nobody publishes", {})
    assert (bad.level, bad.message) == (DiagnosticStatus.WARN, "nobody publishes")
