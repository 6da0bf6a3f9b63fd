import threading
import time

from superpoint_ros.core.stages import collect_stages, stage


def test_stages_of_one_name_add_up_and_nested_ones_count_in_both():
    with collect_stages() as seconds, stage("whole"):
        for _ in range(3):
            with stage("part"):
                pass
    assert seconds.keys() == {"whole", "part"}
    assert 0 < seconds["part"] <= seconds["whole"]


def test_a_stage_takes_what_passes_inside_and_no_more():
    start = time.perf_counter()
    with collect_stages() as seconds, stage("short"):
        time.sleep(0.005)
    assert 0.005 <= seconds["short"] <= time.perf_counter() - start


def test_nothing_is_kept_where_nobody_collects():
    with stage("before"):
        pass
    with collect_stages() as seconds:
        pass
    with stage("after"):
        pass
    assert seconds == {}


def test_a_stage_that_fails_is_counted_and_its_error_goes_on():
    with collect_stages() as seconds:
        try:
            with stage("fails"):
                raise ValueError
        except ValueError:
            seconds["reached"] = 0.0
    assert seconds.keys() == {"fails", "reached"}


def test_other_threads_are_not_collected():
    def work():
        with stage("elsewhere"):
            pass

    with collect_stages() as seconds:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert seconds == {}
