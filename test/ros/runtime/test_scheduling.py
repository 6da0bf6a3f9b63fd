import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.ros.runtime.scheduling import INACTIVE, NEWER, POLICIES, EveryFrameQueue, LatestQueue, Worker

puts = st.lists(st.tuples(st.sampled_from(["left", "right", "rear"]), st.integers()))


@given(puts)
def test_latest_hands_out_the_newest_of_every_camera_as_one_batch(items):
    drops = []
    queue = LatestQueue(lambda *drop: drops.append(drop))
    for camera, item in items:
        queue.put(camera, item)
    newest = dict(items)
    assert len(queue) == len(newest)
    assert len(drops) == len(items) - len(newest)
    if items:
        assert dict(queue.take()) == newest
        assert len(queue) == 0


def test_latest_drops_the_oldest():
    drops = []
    queue = LatestQueue(lambda *drop: drops.append(drop))
    for camera, item in (("left", 1), ("left", 2), ("right", 3), ("left", 4)):
        queue.put(camera, item)
    assert drops == 2 * [("left", NEWER)]
    assert queue.take() == [("left", 4), ("right", 3)]


@given(puts)
def test_latest_hands_out_the_newest_of_every_camera_one_by_one_where_batches_do_not_pay(items):
    queue = LatestQueue()
    queue.together = False
    for camera, item in items:
        queue.put(camera, item)
    newest = dict(items)
    taken = []
    while len(queue):
        (batch,) = queue.take()
        taken.append(batch)
        queue.spend([batch[0]], 0.0)
    assert sorted(taken) == sorted(newest.items())


@given(puts)
def test_every_frame_hands_out_everything_alone_and_in_order(items):
    queue = EveryFrameQueue()
    for camera, item in items:
        queue.put(camera, item)
    assert [queue.take() for _ in items] == [[item] for item in items]


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_ready_can_be_taken_without_waiting(policy):
    queue = POLICIES[policy]()
    assert queue.take_ready() == []
    queue.put("left", 1)
    assert queue.take_ready() == [("left", 1)]
    assert queue.take_ready() == []


@pytest.mark.parametrize("policy", POLICIES)
def test_a_queue_at_rest_has_dropped_what_waits_and_finished_what_was_handed_out(policy):
    drops, done = [], []
    begun, go_on = threading.Event(), threading.Event()
    queue = POLICIES[policy](lambda *drop: drops.append(drop))

    def process(batch):
        begun.set()
        go_on.wait(30)
        done.extend(batch)

    worker = Worker(queue, process)
    queue.put("left", 1)
    worker.start()
    assert begun.wait(30)
    queue.put("left", 2)
    threading.Timer(0.05, go_on.set).start()
    queue.rest()
    assert (done, drops, len(queue)) == ([("left", 1)], [("left", INACTIVE)], 0)
    queue.put("left", 3)
    queue.rest()
    assert worker.stop(30) == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_a_closed_queue_hands_out_nothing(policy):
    queue = POLICIES[policy]()
    queue.put("left", 1)
    queue.close()
    assert queue.take() == []
    assert len(queue) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_whoever_waits_is_woken_by_closing(policy):
    queue = POLICIES[policy]()
    taken = []
    waiter = threading.Thread(target=lambda: taken.append(queue.take()))
    waiter.start()
    queue.close()
    waiter.join(10)
    assert taken == [[]]


def test_a_worker_processes_what_comes_and_leaves_the_rest_when_stopped():
    queue, seen = EveryFrameQueue(), []
    busy, go_on = threading.Event(), threading.Event()

    def process(batch):
        seen.append(batch)
        busy.set()
        go_on.wait(10)

    worker = Worker(queue, process)
    worker.start()
    for item in range(3):
        queue.put("left", item)
    busy.wait(10)
    queue.close()
    go_on.set()
    assert worker.stop() == 2
    assert seen == [[("left", 0)]]


def test_a_worker_that_never_started_can_be_stopped():
    assert Worker(LatestQueue(), print).stop() == 0
