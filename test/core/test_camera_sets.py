"""Sets of images: complete, partial, in order, whatever the order of arrival."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.camera_sets import SILENT_TIMEOUTS, CameraSets

CAMERAS = ("a", "b", "c")
TOLERANCE, TIMEOUT = 5, 100


def make(cameras=CAMERAS, **options) -> CameraSets:
    return CameraSets(cameras, **{"tolerance": TOLERANCE, "timeout": TIMEOUT} | options)


def feed(sets: CameraSets, arrivals) -> list:
    """(camera, stamp) in order of arrival -> the sets that end, as tuples of (camera, stamp)."""
    return [one for camera, stamp in arrivals for one in sets.put(camera, stamp, (camera, stamp))]


def members(sets) -> list[str]:
    """Each set as its cameras and the stamp of the first of them."""
    return [f"{''.join(one.items)}{next(iter(one.items.values()))[1]}" for one in sets]


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_a_set_ends_with_its_last_camera_and_has_the_order_of_the_cameras():
    sets = make()
    assert feed(sets, [("c", 3), ("a", 5)]) == []
    (found,) = sets.put("b", 0, ("b", 0))
    assert list(found.items.items()) == [("a", ("a", 5)), ("b", ("b", 0)), ("c", ("c", 3))]
    assert (found.missing, found.spread, len(sets)) == ((), 5, 0)


def test_stamps_further_apart_than_the_tolerance_make_two_sets():
    assert members(feed(make("ab"), [("a", 0), ("b", 6), ("a", 40), ("b", 46)])) == ["a0", "b6", "a40"]


def test_a_missing_camera_that_has_gone_past_is_not_waited_for():
    sets = make()
    assert members(feed(sets, [("a", 0), ("b", 1), ("c", 30)])) == ["ab0"]
    assert len(sets) == 1


def test_a_late_image_makes_a_set_of_its_own():
    sets = make("ab")
    assert members(feed(sets, [("a", 0), ("a", 30), ("b", 30), ("b", 60), ("a", 60)])) == ["a0", "ab30", "ab60"]
    sets = make("ab")
    arrivals = [("a", 0), ("a", 60), ("a", 106), ("b", 0), ("b", 60), ("b", 106)]
    assert members(feed(sets, arrivals)) == ["a0", "b0", "ab60", "ab106"]


def test_a_dead_camera_costs_others_the_timeout_of_their_own_stamps():
    sets = make()
    arrivals = [(camera, stamp) for stamp in range(0, 300, 30) for camera in "ab"]
    assert members(feed(sets, arrivals)) == ["ab0", "ab30", "ab60", "ab90", "ab120", "ab150"]
    assert members(sets.flush()) == ["ab180", "ab210", "ab240", "ab270"]


def test_a_camera_of_half_the_rate_gives_every_other_set():
    arrivals = [(camera, stamp) for stamp in range(0, 120, 30) for camera in "abc" if camera != "c" or stamp % 60 == 0]
    assert members(feed(make(), arrivals)) == ["abc0", "ab30", "abc60"]


def test_a_camera_with_another_clock_breaks_no_sets_of_the_others():
    arrivals = [(camera, stamp + 10_000 * (camera == "c")) for stamp in range(0, 300, 30) for camera in "cab"]
    found = members(feed(make(), arrivals))
    assert [one for one in found if not one.startswith("c")] == [f"ab{stamp}" for stamp in range(0, 300, 30)]
    assert [one for one in found if one.startswith("c")] == [f"c{10_000 + stamp}" for stamp in range(0, 180, 30)]


def test_by_the_clock_a_set_waits_for_the_timeout_and_no_longer():
    clock = Clock()
    sets = make(clock=clock)
    assert sets.patience() is None
    clock.now = 10
    sets.put("a", 7, ("a", 7))
    clock.now = 50
    sets.put("b", 8, ("b", 8))
    assert sets.patience() == pytest.approx(60e-9)
    clock.now = 109
    assert sets.end() == []
    clock.now = 110
    assert members(sets.end()) == ["ab7"]


def test_by_the_clock_a_silent_camera_is_waited_for_again_once_it_sends():
    clock = Clock()
    sets = make("ab", clock=clock)
    clock.now = 5000
    assert members(feed(sets, [("b", 0), ("a", 0)])) == ["ab0"]
    clock.now += SILENT_TIMEOUTS * TIMEOUT
    assert feed(sets, [("a", 500)]) == []
    clock.now += 1
    assert members(feed(sets, [("a", 1000)])) == ["a500", "a1000"]
    assert members(feed(sets, [("b", 2000)])) == []
    assert members(feed(sets, [("a", 2000)])) == ["ab2000"]
    assert feed(sets, [("a", 3000)]) == []


def test_a_loop_ends_what_waits_and_keeps_what_has_looped():
    sets = make("ab")
    assert members(feed(sets, [("a", 900), ("b", 900), ("a", 930)])) == ["ab900"]
    assert members(feed(sets, [("a", 0)])) == ["a930"]
    assert members(feed(sets, [("b", 3), ("a", 30), ("b", 30)])) == ["ab0", "ab30"]


def test_stamps_that_never_rise_are_held_back_no_more_than_the_queue_s_size():
    sets = make("ab", queue_size=3)
    assert members(feed(sets, 3 * [("a", 0)])) == []
    assert members(feed(sets, [("a", 0)])) == ["a0"]
    assert len(sets) == 3


@pytest.mark.parametrize("options", [{"tolerance": -1}, {"timeout": -1}, {"queue_size": 0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}={next(iter(options.values()))}"):
        make(**options)


def test_the_smallest_options_are_allowed():
    sets = make("ab", tolerance=0, timeout=0, queue_size=1)
    assert members(feed(sets, [("a", 4), ("b", 4), ("a", 5), ("b", 6)])) == ["ab4", "a5"]


arrivals_of_any_kind = st.lists(st.tuples(st.sampled_from(CAMERAS), st.integers(0, 400)), max_size=80)


@settings(max_examples=200)
@given(arrivals_of_any_kind, st.integers(0, 20), st.integers(0, 100), st.booleans(), st.integers(1, 5))
def test_no_image_is_lost_or_used_twice_and_each_camera_keeps_its_order(arrivals, tolerance, timeout, by_clock, size):
    clock = Clock()
    sets = make(tolerance=tolerance, timeout=timeout, clock=clock if by_clock else None, queue_size=size)
    found = []
    for number, (camera, stamp) in enumerate(arrivals):
        clock.now += stamp % 50
        found += sets.put(camera, stamp, (camera, number))
        assert max(map(len, sets._waiting.values())) <= size
    found += sets.flush()
    assert len(sets) == 0
    for camera in CAMERAS:
        numbers = [number for number, (name, _) in enumerate(arrivals) if name == camera]
        assert [one.items[camera][1] for one in found if camera in one.items] == numbers
    for one in found:
        stamps = [arrivals[number][1] for _, number in one.items.values()]
        assert max(stamps) - min(stamps) == one.spread <= tolerance
        assert {*one.items, *one.missing} == set(CAMERAS)


@st.composite
def jittered_triggers(draw):
    """Stamps of cameras that fire every 50 ns, with jitter and losses; and delays of up to the timeout, twice."""
    stamps = {}
    for camera in CAMERAS:
        fired = sorted(draw(st.sets(st.integers(0, 12))))
        stamps[camera] = [50 * number + draw(st.integers(0, TOLERANCE)) for number in fired]
    return stamps, *([draw(st.integers(0, TIMEOUT)) for _ in CAMERAS] for _ in range(2))


@settings(max_examples=200)
@given(jittered_triggers())
def test_by_stamps_sets_are_those_of_the_triggers_in_whatever_order_images_arrive(case):
    stamps, *delays = case
    fired = [[(camera, stamp) for camera in CAMERAS for stamp in stamps[camera] if stamp // 50 == number]
             for number in range(13)]  # fmt: skip
    for delay in (dict(zip(CAMERAS, one, strict=True)) for one in delays):
        arrivals = sorted((stamp + delay[camera], camera, stamp) for camera in CAMERAS for stamp in stamps[camera])
        sets = make()
        found = feed(sets, [(camera, stamp) for _, camera, stamp in arrivals]) + sets.flush()
        assert [list(one.items.values()) for one in found] == [one for one in fired if one]


@settings(max_examples=100)
@given(st.lists(st.permutations(CAMERAS), min_size=1, max_size=20))
def test_cameras_that_all_fire_give_complete_sets_at_once(orders):
    sets = make()
    for number, order in enumerate(orders):
        found = feed(sets, [(camera, 50 * number) for camera in order])
        assert [one.missing for one in found] == [()]
