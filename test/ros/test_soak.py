"""The soak's judgment of what nodes report and use, and its rounds of the nodes' lifecycle."""

from __future__ import annotations

import os

import numpy as np
import pytest
from accounts import imbalance, internal_errors
from lifecycle_msgs.srv import ChangeState
from lifecycle_rounds import LifecycleRounds
from usage import Series

IMAGES = {"received": "9", "processed": "5", "dropped": "2", "skipped": "1", "waiting": "1"}
REASONS = {"dropped: newer": "2", "skipped: conversion": "1"}
SETS = {
    "complete": "10", "partial": "3", "too_few_cameras": "1", "dropped": "2",
    "missing: left": "1", "missing: right": "3", "spread_ms": "2.000",
}  # fmt: skip


@pytest.mark.parametrize("status", [IMAGES | REASONS, SETS, SETS | {"missing: right": "4"}])
def test_numbers_that_balance(status):
    assert imbalance(status) == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (IMAGES | REASONS | {"received": "10"}, "10 received, 9 accounted for"),
        (IMAGES | REASONS | {"waiting": "5", "received": "13"}, "waiting is 5"),
        (IMAGES | {"dropped: newer": "2"}, "1 skipped, 0 of them with a reason"),
        (SETS | {"missing: right": "2"}, "4 sets without a camera, 3 cameras missing"),
        (SETS | {"missing: left": "4", "missing: right": "4"}, "4 sets without a camera, 8 cameras missing"),
        (SETS | {"missing: right": "6"}, "4 sets without a camera"),
        (SETS | {"dropped": "14"}, "14 dropped of 13 sets"),
    ],
)
def test_numbers_that_do_not(status, said):
    assert said in imbalance(status)


def test_internal_errors_are_found_in_the_log():
    error = "[WARN] [triangulate]: pair skipped [internal error]: LinAlgError: Singular matrix"
    assert internal_errors(f"[INFO] ready\n{error}\n[WARN] pair skipped [size]: 64x48") == [error]


class Answered:
    """A future whose answer is there as soon as it is asked for."""

    def __init__(self, answer):
        self._answer = answer

    def result(self):
        return self._answer

    def add_done_callback(self, call):
        call(self)


class Services:
    """A node's services, all of which answer at once."""

    def __init__(self, success=True):
        self.success, self.done = success, []

    def create_client(self, kind, name):
        self.done.append(name)
        return self

    def service_is_ready(self):
        return True

    services_are_ready = service_is_ready

    def call_async(self, request):
        self.done.append(request.transition.id)
        return Answered(ChangeState.Response(success=self.success))

    def set_parameters(self, parameters):
        self.done.append((parameters[0].name, parameters[0].value))
        return self.call_async(ChangeState.Request())


def rounds(node: Services) -> LifecycleRounds:
    return LifecycleRounds(node, "frontend", node, "sync_tolerance", (0.05, 0.0))


def test_camera_sets_are_switched_on_and_then_off_while_the_node_is_unconfigured():
    node = Services()
    switch = rounds(node)
    assert switch.begin()
    assert switch.begin()
    assert node.done[0] == "frontend/change_state"
    assert node.done[1:] == [4, 2, ("sync_tolerance", 0.05), 0, 1, 3, 4, 2, ("sync_tolerance", 0.0), 0, 1, 3]
    assert (switch.is_busy, switch.problems) == (False, [])


def test_a_transition_that_is_refused_is_a_problem():
    node = Services(success=False)
    switch = rounds(node)
    switch.begin()
    assert "frontend cannot be configured anew" in switch.problems[0]


def test_a_round_says_when_the_node_is_at_rest():
    node = Services()
    switch = rounds(node)
    switch.at_rest = lambda: node.done.append("at rest")
    switch.begin()
    assert node.done[2:5] == [2, "at rest", ("sync_tolerance", 0.05)]


def series(growth: float, growth_at_rest: float | None = None) -> Series:
    """An hour of 100 MB that grow by so many percent, and of 50 at rest."""
    seconds = [60.0 * minute for minute in range(61)]
    one = Series(seconds, [int(1e8 * (1 + growth * second / 3.6e5)) for second in seconds])
    one.handles, one.threads = [20] * 61, [5] * 61
    if growth_at_rest is not None:
        one.seconds_at_rest = [second + 1.0 for second in seconds]
        one.memory_at_rest = [int(5e7 * (1 + growth_at_rest * second / 3.6e5)) for second in seconds]
    return one


@pytest.mark.parametrize(
    ("growths", "grows"), [((2.0,), True), ((0.5,), False), ((2.0, 0.5), False), ((0.5, 2.0), True)]
)
def test_memory_is_judged_at_rest_where_the_node_ever_is(growths, grows):
    figures, problems = series(*growths).judge(600.0, 1.0)
    assert figures["slope_percent_an_hour"] == pytest.approx(growths[-1], rel=0.03)
    assert bool(problems) == grows


@pytest.mark.parametrize(("noise", "grows"), [(0.1, True), (10.0, False)])
def test_a_slope_that_noise_explains_is_none(noise, grows):
    one = series(2.0)
    noises = 1e6 * noise * np.random.default_rng(1).standard_normal(61)
    one.memory = [int(value + more) for value, more in zip(one.memory, noises, strict=True)]
    figures, problems = one.judge(600.0, 1.0)
    assert bool(problems) == grows
    assert (figures["slope_error"] > 1.0) != grows


def test_what_is_noted_is_what_linux_says():
    one = Series()
    one.note(0.0, os.getpid())
    one.note_at_rest(1.0, os.getpid())
    assert 1e7 < one.memory[0] <= one.memory_at_rest[0] * 1.1
    assert one.handles[0] >= 3
    assert one.threads[0] >= 1
    assert Series().judge(0.0, 1.0) == ({}, ["too short to judge"])
