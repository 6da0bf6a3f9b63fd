"""Losses are counted by gaps, and never invented."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from superpoint_ros.ros.runtime import message_loss
from superpoint_ros.ros.runtime.message_loss import LossCounter, loss_events


def info(number, publisher=b"one"):
    return {"publication_sequence_number": number, "publisher_gid": {"data": publisher}}


def test_a_gap_is_what_was_lost():
    counter = LossCounter()
    assert [counter.lost_before(info(number)) for number in (7, 8, 11, 12, 22)] == [0, 0, 2, 0, 9]
    assert counter.numbered


def test_publishers_are_counted_apart():
    counter = LossCounter()
    sent = [(1, b"one"), (40, b"two"), (2, b"one"), (42, b"two")]
    assert [counter.lost_before(info(*one)) for one in sent] == [0, 0, 0, 1]


def test_a_number_that_goes_back_is_no_loss():
    counter = LossCounter()
    assert [counter.lost_before(info(number)) for number in (9, 1, 2, 4)] == [0, 0, 0, 1]


@pytest.mark.parametrize("unknown", [{}, info(None), info(0), {"publication_sequence_number": 3}])
def test_without_numbers_nothing_is_known(unknown):
    counter = LossCounter()
    assert counter.lost_before(unknown) == 0
    assert not counter.numbered


@pytest.mark.parametrize(("told", "counted"), [(3, [3]), (0, []), (-1, []), (2**35, [])])
def test_the_middleware_s_own_count_is_believed_within_reason(told, counted):
    numbers = []
    loss_events(numbers.append).message_lost(SimpleNamespace(total_count_change=told))
    assert numbers == counted


def test_publishers_that_come_and_go_for_ever_are_forgotten_those_heard_last_are_not():
    counter = LossCounter()
    for number in range(1, 500):
        assert counter.lost_before(info(2 * number, b"steady")) == (0 if number == 1 else 1)
        counter.lost_before(info(5, str(number).encode()))
    assert len(counter._last) == message_loss.MAX_PUBLISHERS
