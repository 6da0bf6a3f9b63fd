"""Sets handed out whole, dropped whole, and counted."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.ros.runtime.options import SyncOptions
from superpoint_ros.ros.runtime.scheduling import INACTIVE, NEWER, Worker
from superpoint_ros.ros.runtime.set_queue import TOO_FEW, SetQueue

CAMERAS = ("left", "right", "rear")
MS = 1_000_000


def make(policy="every_frame", timeout=0.1, min_cameras=1):
    """A queue of items that are stamps in milliseconds, and what it drops."""
    drops = []
    options = SyncOptions(sync_tolerance=0.005, sync_timeout=timeout, min_cameras=min_cameras)
    return SetQueue(CAMERAS, options, policy, lambda item: item * MS, lambda *drop: drops.append(drop)), drops


def put(queue, cameras, stamp):
    for camera in cameras:
        queue.put(camera, stamp)


def batch(cameras, stamp):
    return [(camera, stamp) for camera in CAMERAS if camera in cameras]


def test_a_batch_is_a_set_in_the_order_of_the_cameras():
    queue, drops = make()
    put(queue, ("rear", "left"), 100)
    assert queue.take_ready() == []
    assert len(queue) == 2
    put(queue, ("right",), 103)
    assert queue.take_ready() == [("left", 100), ("right", 103), ("rear", 100)]
    assert (len(queue), drops) == (0, [])
    values = queue.statistics.values()
    assert {"complete": "1", "partial": "0", "spread_ms": "3.000", "missing: rear": "0"}.items() <= values.items()


def test_every_frame_drops_no_set_for_another():
    queue, drops = make()
    for stamp in (0, 40, 80):
        put(queue, CAMERAS, stamp)
    assert [queue.take() for _ in range(3)] == [batch(CAMERAS, stamp) for stamp in (0, 40, 80)]
    assert drops == []


def test_latest_drops_whole_sets():
    queue, drops = make("latest")
    for stamp in (0, 40, 80):
        put(queue, CAMERAS, stamp)
    put(queue, ("left",), 120)
    assert queue.take() == batch(CAMERAS, 80)
    assert Counter(drops) == dict.fromkeys(((camera, NEWER) for camera in CAMERAS), 2)
    assert queue.statistics["dropped"] == 2
    assert len(queue) == 1


@pytest.mark.parametrize("policy", ["latest", "every_frame"])
def test_sets_below_the_minimum_are_dropped_with_their_cause(policy):
    queue, drops = make(policy, min_cameras=2)
    put(queue, ("left",), 0)
    put(queue, ("left", "right"), 40)
    put(queue, CAMERAS, 80)
    queue.flush()
    assert drops[0] == ("left", TOO_FEW)
    taken = [queue.take_ready(), queue.take_ready()]
    assert drops[1:] == []
    assert taken == [batch(("left", "right"), 40), batch(CAMERAS, 80)]
    values = queue.statistics.values()
    assert {"complete": "1", "partial": "1", "too_few_cameras": "1"}.items() <= values.items()
    assert {"missing: left": "0", "missing: right": "1", "missing: rear": "2"}.items() <= values.items()


def test_with_latest_a_set_waits_for_the_timeout_and_no_longer():
    queue, _ = make("latest", timeout=0.2)
    begun = time.monotonic()
    put(queue, ("left", "rear"), 100)
    assert queue.take() == batch(("left", "rear"), 100)
    assert 0.2 <= time.monotonic() - begun < 5.0


def test_with_latest_sets_that_end_at_once_are_both_processed_by_a_worker_that_waits():
    queue, drops = make("latest", timeout=10.0)
    seen, is_done = [], threading.Event()

    def process(one):
        seen.append(one)
        if len(seen) == 2:
            is_done.set()

    worker = Worker(queue, process)
    worker.start()
    put(queue, ("left", "right"), 0)
    put(queue, ("left", "right"), 40)
    time.sleep(0.2)
    assert seen == []
    # The camera of half the rate ends both.
    put(queue, ("rear",), 40)
    assert is_done.wait(10)
    assert worker.stop() == 0
    assert seen == [batch(("left", "right"), 0), batch(CAMERAS, 40)]
    assert drops == []


def test_rest_drops_what_waits_and_begins_anew():
    queue, drops = make()
    put(queue, CAMERAS, 100)
    put(queue, ("left",), 140)
    queue.rest()
    assert Counter(drops) == {("left", INACTIVE): 2, ("right", INACTIVE): 1, ("rear", INACTIVE): 1}
    assert len(queue) == 0
    put(queue, CAMERAS, 100)
    assert queue.take_ready() == batch(CAMERAS, 100)


def test_a_closed_queue_hands_out_nothing():
    queue, _ = make()
    put(queue, CAMERAS, 0)
    put(queue, ("left",), 40)
    queue.close()
    assert queue.take() == []
    assert len(queue) == 4


@given(
    st.lists(st.tuples(st.sampled_from(CAMERAS), st.integers(0, 500)), max_size=60),
    st.sampled_from(["latest", "every_frame"]),
    st.integers(1, 3),
    st.integers(1, 9),
)
def test_every_image_is_handed_out_or_dropped_once(arrivals, policy, min_cameras, turn):
    queue, drops = make(policy, min_cameras=min_cameras)
    taken = []
    for number, (camera, stamp) in enumerate(arrivals):
        queue.put(camera, stamp)
        if number % turn == 0:
            taken += queue.take_ready()
    queue.flush()
    while ready := queue.take_ready():
        taken += ready
    assert len(queue) == 0
    assert Counter(camera for camera, _ in [*taken, *drops]) == Counter(camera for camera, _ in arrivals)
    ended = sum(queue.statistics[name] for name in ("complete", "partial", "too_few_cameras"))
    assert queue.statistics["dropped"] <= ended
    assert policy == "latest" or {cause for _, cause in drops} <= {TOO_FEW}
