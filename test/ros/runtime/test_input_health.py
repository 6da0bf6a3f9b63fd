"""When a stream counts as silent or lossy, by a clock that the test moves."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from superpoint_ros.ros.runtime.input_health import InputHealth


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def health(clock):
    return InputHealth(clock)


def play(health, clock, count, period, lost=0):
    for _ in range(count):
        clock.now += period
        health.receive(None, lost)


def test_nothing_since_the_start_is_silence_within_five_seconds(health, clock):
    clock.now += 3.0
    assert health.silence() is None
    clock.now += 1.0
    assert health.silence() == (4.0, None)


def test_a_working_stream_that_stops_is_silent_within_two_seconds_and_well_again_with_the_next_message(health, clock):
    play(health, clock, 30, 0.2)
    clock.now += 0.9
    assert health.silence() is None
    clock.now += 0.2
    assert health.silence() == (pytest.approx(1.1), pytest.approx(0.2))
    play(health, clock, 1, 0.0)
    assert health.silence() is None


def test_a_slow_stream_is_given_some_of_its_own_periods(health, clock):
    play(health, clock, 5, 2.0)
    clock.now += 9.0
    assert health.silence() is None
    clock.now += 2.0
    assert health.silence() == (pytest.approx(11.0), pytest.approx(2.0))


def test_a_few_per_cent_of_loss_are_worth_a_word_until_they_are_over(health, clock):
    play(health, clock, 20, 0.1, lost=1)
    assert health.loss() == pytest.approx(0.5)
    health.advance()
    for _ in range(7):
        play(health, clock, 10, 0.1)
        health.advance()
    assert health.loss() == 0.0


@pytest.mark.parametrize(("received", "lost"), [(100, 2), (97, 3), (5, 0)])
def test_a_little_loss_is_no_problem(health, clock, received, lost):
    play(health, clock, received, 0.01)
    health.lose(lost)
    assert health.loss() == 0.0


def test_what_was_expected_but_never_arrived_is_lost(health):
    assert health.loss(expected=20) == 1.0
    assert health.loss(expected=2) == 0.0


def test_the_size_of_a_message_is_described(health):
    health.receive(SimpleNamespace(data=bytes(921600), width=640, height=480, encoding="rgb8"))
    assert health.size == "640x480 rgb8, 0.92 MB"
    health.receive(SimpleNamespace(data=bytes(10000), format="jpeg"))
    assert health.size == "0.01 MB"
    health.receive(SimpleNamespace(header=1))
    assert health.size == ""
