"""Pairing by stamps: exact, approximate, with misses counted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.pairing import Pairing


def feed(pairing: Pairing, arrivals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(stream, stamp) in order of arrival -> pairs of stamps."""
    puts = (pairing.put_first, pairing.put_second)
    return [pair for stream, stamp in arrivals if (pair := puts[stream](stamp, stamp)) is not None]


def test_equal_stamps_are_paired_whichever_comes_first():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(0, 10), (1, 10), (1, 20), (0, 20)]) == [(10, 10), (20, 20)]
    assert pairing.missed == [0, 0]


def test_stamps_that_differ_are_not_paired_exactly():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(0, 10), (1, 11), (0, 20), (1, 20)]) == [(20, 20)]
    assert pairing.missed == [1, 1]


def test_the_nearest_within_the_slop_is_taken():
    pairing = Pairing(slop=5, queue_size=5)
    assert feed(pairing, [(1, 10), (1, 14), (0, 13)]) == [(13, 14)]
    assert pairing.missed == [0, 1]
    assert feed(pairing, [(0, 30), (1, 36)]) == []


def test_a_full_queue_gives_up_its_oldest():
    pairing = Pairing(slop=0, queue_size=2)
    assert feed(pairing, [(0, 1), (0, 2), (0, 3), (1, 1), (1, 3)]) == [(3, 3)]
    assert pairing.missed == [2, 1]


def test_a_stamp_that_goes_backward_begins_anew():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(0, 50), (0, 10), (1, 50), (1, 10)]) == [(10, 10)]
    assert pairing.resets == 2
    assert pairing.missed == [1, 1]


def test_what_waits_is_given_up_on_demand():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(0, 10), (0, 20), (1, 30)]) == []
    pairing.give_up()
    assert (pairing.missed, pairing.resets) == ([2, 1], 0)
    assert feed(pairing, [(0, 30), (1, 40), (0, 40)]) == [(40, 40)]


@settings(max_examples=100)
@given(st.sets(st.integers(0, 40), min_size=1), st.randoms(), st.randoms())
def test_after_a_step_backward_of_both_streams_every_item_finds_its_partner(stamps, first_time, second_time):
    pairing = Pairing(slop=0, queue_size=1000)
    for random in (first_time, second_time):
        order = [0] * len(stamps) + [1] * len(stamps)
        random.shuffle(order)
        ordered = (iter(sorted(stamps)), iter(sorted(stamps)))
        arrivals = [(stream, next(ordered[stream])) for stream in order]
        assert feed(pairing, arrivals) == [(stamp, stamp) for stamp in sorted(stamps)]
    assert pairing.missed == [0, 0]
    assert pairing.resets == (2 if len(stamps) > 1 else 0)


@pytest.mark.parametrize("leading", [0, 1])
def test_what_comes_late_from_before_a_step_backward_costs_nothing_after_it(leading):
    pairing = Pairing(slop=0, queue_size=5)
    other = 1 - leading
    before = [(leading, 40), (other, 40), (leading, 50), (leading, 10), (leading, 20), (other, 50)]
    assert feed(pairing, [*before, (other, 10), (other, 20)]) == [(40, 40), (10, 10), (20, 20)]
    assert pairing.missed == [1, 1]


def test_a_step_backward_of_one_stream_alone_is_over_with_the_next_pair():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(0, 50), (0, 40), (1, 40), (0, 60), (1, 30), (1, 60)]) == [(40, 40)]
    assert pairing.missed == [2, 0]


@settings(max_examples=60)
@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(0, 6), st.randoms())
def test_every_item_is_used_once_or_missed(first, second, slop, random):
    arrivals = sorted([(stamp, 0) for stamp in first] + [(stamp, 1) for stamp in second], key=lambda _: random.random())
    ordered = {stream: iter(sorted(s for s, number in arrivals if number == stream)) for stream in (0, 1)}
    pairing = Pairing(slop=slop, queue_size=4)
    pairs = feed(pairing, [(stream, next(ordered[stream])) for _, stream in arrivals])
    assert all(abs(a - b) <= slop for a, b in pairs)
    waiting = [len(queue) for queue in pairing._waiting]
    assert len(pairs) + pairing.missed[0] + waiting[0] == len(first)
    assert len(pairs) + pairing.missed[1] + waiting[1] == len(second)
    assert pairs == sorted(pairs)


@settings(max_examples=40)
@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.randoms())
def test_exact_pairs_do_not_depend_on_the_order_of_arrival(first, second, random):
    arrivals = [0] * len(first) + [1] * len(second)
    random.shuffle(arrivals)
    ordered = (iter(sorted(first)), iter(sorted(second)))
    pairs = feed(Pairing(slop=0, queue_size=1000), [(stream, next(ordered[stream])) for stream in arrivals])
    assert pairs == [(stamp, stamp) for stamp in sorted(first & second)]


def test_options_out_of_range_are_refused():
    with pytest.raises(ValueError, match="slop=-1"):
        Pairing(slop=-1, queue_size=1)
    with pytest.raises(ValueError, match="queue_size=0"):
        Pairing(slop=0, queue_size=0)


def test_the_smallest_options_are_allowed():
    pairing = Pairing(slop=0, queue_size=1)
    assert feed(pairing, [(0, 1), (0, 2), (1, 2)]) == [(2, 2)]
    assert pairing.missed == [1, 0]


def test_a_pair_may_be_as_far_apart_as_the_slop():
    assert feed(Pairing(slop=5, queue_size=5), [(0, 30), (1, 35)]) == [(30, 35)]
    assert feed(Pairing(slop=5, queue_size=5), [(0, 30), (1, 36)]) == []


def test_a_queue_holds_as_many_as_its_size():
    pairing = Pairing(slop=0, queue_size=3)
    assert feed(pairing, [(1, 1), (1, 2), (1, 3), (0, 1)]) == [(1, 1)]
    assert pairing.missed == [0, 0]


def test_a_repeated_stamp_is_no_step_backward():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(0, 0), (0, 0), (1, 0)]) == [(0, 0)]
    assert pairing.resets == 0


def test_what_waits_with_the_stamp_gone_back_to_is_kept():
    pairing = Pairing(slop=0, queue_size=5)
    assert feed(pairing, [(1, 10), (0, 50), (0, 10)]) == [(10, 10)]
    assert (pairing.resets, pairing.missed) == (1, [1, 0])


def test_items_come_back_in_the_order_of_the_streams():
    pairing = Pairing(slop=0, queue_size=5)
    assert pairing.put_second(7, "right") is None
    assert pairing.put_first(7, "left") == ("left", "right")
