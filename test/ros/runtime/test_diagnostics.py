from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.ros.runtime.diagnostics import WINDOW, InputStatistics, diagnostic_status


def test_counters():
    statistics = InputStatistics()
    statistics.count("received")
    statistics.count("received")
    statistics.count("dropped", 3)
    statistics.skip("step")
    statistics.skip("step")
    statistics.skip("data")
    values = statistics.values()
    assert statistics["received"] == 2
    assert {"received": "2", "dropped": "3", "processed": "0", "skipped": "3", "lost": "0"}.items() <= values.items()
    assert {"skipped: step": "2", "skipped: data": "1"}.items() <= values.items()


def test_stage_times_are_means_of_the_newest():
    statistics = InputStatistics()
    assert "network_ms" not in statistics.values()
    statistics.add_time("network", 100.0)
    for _ in range(WINDOW // 2):
        statistics.add_time("network", 0.001)
        statistics.add_time("network", 0.003)
    assert statistics.values()["network_ms"] == "2.000"


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
