"""Tracks carried by optical flow, on images whose motion is known exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.sliding_camera import BLACK, DESCRIPTORS, HALF, HYBRID, LANDMARKS, SIZE, scene_position, seen, view
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.flow_tracker import FlowTracker
from superpoint_ros.core.image_tracker import DescriptorTracker, make_tracker
from superpoint_ros.core.keyframes import Keyframe
from superpoint_ros.core.mask import unmasked, without_masked
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import STATUS_CONFIRMED, STATUS_FOLLOWED, STATUS_NEW, Features


@pytest.mark.parametrize("kind", ["flow", "hybrid"])
def test_points_are_followed_between_the_images_that_the_network_sees(kind):
    tracker = make_tracker(TrackerOptions(tracker=kind))
    first, ids = tracker.update(view(100, 100), seen(100, 100))
    assert set(first.status) == {STATUS_NEW}
    np.testing.assert_array_equal(first.id, ids)
    np.testing.assert_array_equal(first.id, np.arange(len(first)))
    for step in range(1, 5):
        tracks = tracker.follow(view(100 + 3 * step, 100 + step))
        assert set(tracks.status) == {STATUS_FOLLOWED}
        assert set(tracks.age) == {step + 1}
        assert np.isnan(tracks.distance).all()
        assert (tracks.sigma**2 >= 0.5 + 0.003 * step - 1e-5).all()
        start = scene_position(first, 100, 100)[np.searchsorted(first.id, tracks.id)]
        assert len(tracks) > 0.9 * len(first) - 5
        # Points whose window reaches beyond the image may drift a little.
        assert np.linalg.norm(scene_position(tracks, 100 + 3 * step, 100 + step) - start, axis=1).max() < 0.6


def test_a_keypoint_of_the_same_descriptor_confirms_a_track():
    tracker = FlowTracker(HYBRID)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.follow(view(103, 100))
    tracks, ids = tracker.update(view(106, 100), seen(106, 100))
    confirmed = tracks.status == STATUS_CONFIRMED
    assert np.isin(tracks.id[confirmed], first.id).all()
    assert confirmed.sum() > 0.8 * len(first)
    assert tracks.distance[confirmed].max() < 1e-3
    assert set(tracks.age[confirmed]) == {3}
    assert set(tracks.id[confirmed]) <= set(ids)
    np.testing.assert_allclose(
        tracks.previous_xy[confirmed] - tracks.xy[confirmed], [[3, 0]] * confirmed.sum(), atol=0.1
    )


def test_a_track_whose_place_has_another_descriptor_ends_and_the_corner_there_begins_another_one():
    tracker = FlowTracker(HYBRID)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    other = DESCRIPTORS.copy()
    other[:, :] = np.roll(DESCRIPTORS, 1, axis=1)
    tracks, _ = tracker.update(view(100, 100), seen(100, 100, descriptors=other))
    assert not np.isin(tracks.id, first.id).any()
    assert set(tracks.status) == {STATUS_NEW}
    flow = FlowTracker(TrackerOptions(tracker="flow"))
    first, _ = flow.update(view(100, 100), seen(100, 100))
    tracks, _ = flow.update(view(100, 100), seen(100, 100, descriptors=other))
    assert tracks.id.tolist() == first.id.tolist()


def test_a_track_that_no_keypoint_confirms_ends_in_time():
    tracker = FlowTracker(replace(HYBRID, flow_max_unconfirmed=2))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    few = [int(np.flatnonzero((first.xy[0] + 100 == LANDMARKS).all(axis=1))[0])]
    counts, lost = [], []
    for _ in range(4):
        tracks, _ = tracker.update(view(100, 100), seen(100, 100, few))
        counts.append(len(tracks))
        lost += tracks.lost_id.tolist()
    assert counts == [len(first), len(first), 1, 1]
    assert sorted([*lost, tracks.id[0]]) == first.id.tolist()


@pytest.mark.parametrize("blind", [BLACK, np.full(SIZE, 255, np.uint8)])
def test_black_and_overexposed_images_are_left_out(blind):
    tracker = FlowTracker(HYBRID)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    for _ in range(3):
        assert len(tracker.follow(blind)) == 0
        assert tracker.keyframe() is None
    tracks = tracker.follow(view(102, 100))
    assert len(tracks) > 0.8 * len(first)
    assert set(tracks.age) == {2}


def test_an_image_of_another_size_begins_a_new_epoch():
    tracker = FlowTracker(HYBRID)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracks = tracker.follow(view(100, 100)[:100])
    assert (tracks.epoch, len(tracks)) == (1, 0)
    assert first.epoch == 0


def test_no_more_tracks_begin_than_are_wanted_and_one_in_a_cell():
    tracker = FlowTracker(replace(HYBRID, max_tracks=5))
    tracks, _ = tracker.update(view(100, 100), seen(100, 100))
    np.testing.assert_array_equal(tracks.xy, seen(100, 100).xy[:5])
    spread = FlowTracker(replace(HYBRID, flow_cell_size=60))
    tracks, _ = spread.update(view(100, 100), seen(100, 100))
    cells = (np.rint(tracks.xy) // 60).astype(int)
    assert len(np.unique(cells, axis=0)) == len(cells)


def test_a_point_that_moves_too_far_is_not_followed():
    tracker = FlowTracker(replace(HYBRID, max_displacement=4.0))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    assert len(tracker.follow(view(103, 100))) > 0.8 * len(first)
    assert len(tracker.follow(view(109, 100))) == 0


def test_points_may_move_on_while_images_are_left_out():
    options = replace(HYBRID, max_displacement=4.0)
    tracker = FlowTracker(options)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.follow(BLACK)
    assert len(tracker.follow(view(106, 100))) > 0.8 * len(first)
    descriptors = DescriptorTracker(replace(options, tracker="descriptor", network_every=4))
    first, _ = descriptors.update(view(100, 100), seen(100, 100))
    for _ in range(2):
        descriptors.follow(BLACK)
    descriptors.update(BLACK, seen(0, 0, []))
    again, _ = descriptors.update(view(112, 100), seen(112, 100))
    assert np.isin(again.id, first.id).sum() > 0.8 * len(first)
    far, _ = descriptors.update(view(117, 100), seen(117, 100))
    assert not np.isin(far.id, again.id).any()


def test_tracks_that_flow_alone_loses_are_lost_at_once():
    tracker = FlowTracker(replace(HYBRID, tracker="flow"))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracks = tracker.follow(view(100, 100), HALF)
    assert len(tracks) > 0
    assert (tracks.xy[:, 0] > 79).all()
    assert tracks.lost_id.tolist() == first.id[first.xy[:, 0] < 80].tolist()


def test_an_image_with_keypoints_is_not_taken_for_black():
    tracker = FlowTracker(HYBRID)
    tracker.update(view(100, 100), seen(100, 100))
    tracks, ids = tracker.update(np.ascontiguousarray(view(100, 100)[::-1]), seen(100, 100, descriptors=-DESCRIPTORS))
    assert (ids >= 0).sum() > 20
    assert np.isin(ids[ids >= 0], tracks.id).all()


def test_an_image_of_another_size_begins_a_new_epoch_after_an_interruption_too():
    tracker = FlowTracker(HYBRID)
    tracker.update(view(100, 100), seen(100, 100))
    keyframe = tracker.keyframe()
    tracker.interrupt()
    assert tracker.follow(view(100, 100)[:100]).epoch == 1
    assert set(tracker.learn(keyframe, seen(100, 100))) == {-1}


@pytest.mark.parametrize(("offset", "ends"), [(3.0, True), (5.0, False), (9.0, False)])
def test_another_corner_ends_a_track_within_half_the_confirming_radius(offset, ends):
    tracker = FlowTracker(replace(HYBRID, flow_confirm_radius=8.0))
    descriptors = np.eye(2, 8, dtype=np.float32)
    here = np.float32([[80, 60]])
    tracker.update(view(100, 100), Features(here, np.ones(1, np.float32), descriptors[:1], SIZE))
    other = Features(here + np.float32([offset, 0]), np.ones(1, np.float32), descriptors[1:], SIZE)
    tracks, _ = tracker.update(view(100, 100), other)
    assert (0 not in tracks.id) == ends


def test_a_track_that_its_keypoint_confirms_outlives_another_corner_at_its_place():
    tracker = FlowTracker(replace(HYBRID, flow_confirm_radius=8.0))
    descriptors = np.eye(2, 8, dtype=np.float32)
    tracker.update(view(100, 100), Features(np.float32([[80, 60]]), np.ones(1, np.float32), descriptors[:1], SIZE))
    both = Features(np.float32([[81, 60], [86, 60]]), np.ones(2, np.float32), descriptors[::-1], SIZE)
    tracks, ids = tracker.update(view(100, 100), both)
    assert ids[1] == 0
    assert tracks.status[tracks.id == 0].tolist() == [STATUS_CONFIRMED]


@settings(max_examples=25)
@given(st.data())
def test_no_track_is_ever_under_the_mask(data):
    """Whatever the motion, the masks, and which images the network sees."""
    tracker = FlowTracker(HYBRID)
    x, y, keyframe = 100, 100, None
    for _ in range(6):
        mask = np.full(SIZE, 255, np.uint8)
        left, top = data.draw(st.integers(0, 120)), data.draw(st.integers(0, 90))
        mask[top : top + data.draw(st.integers(1, 80)), left : left + data.draw(st.integers(1, 80))] = 0
        x, y = x + data.draw(st.integers(-4, 4)), y + data.draw(st.integers(-4, 4))
        features = without_masked(seen(x, y), mask)
        assert unmasked(features.xy, mask).all()
        if keyframe is not None and data.draw(st.booleans()):
            tracker.learn(*keyframe)
            keyframe = None
        tracks = (
            tracker.update(view(x, y), features, mask)[0]
            if data.draw(st.booleans())
            else tracker.follow(view(x, y), mask)
        )
        assert unmasked(tracks.xy, mask).all()
        if keyframe is None and (taken := tracker.keyframe()) is not None:
            keyframe = (taken, features)


def test_two_runs_give_equal_tracks():
    def run():
        tracker, found = FlowTracker(HYBRID), []
        for step in range(12):
            x, y = 100 + 3 * step, 100 + 2 * step
            found.append(tracker.update(view(x, y), seen(x, y))[0] if step % 3 == 0 else tracker.follow(view(x, y)))
        return found

    for one, other in zip(run(), run(), strict=True):
        for name in one.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


def test_a_loop_ends_with_a_bounded_memory_and_never_uses_an_id_twice():
    tracker, ids, sizes = FlowTracker(HYBRID), {}, []
    for step in range(200):
        angle = 2 * np.pi * step / 40
        x, y = round(100 + 40 * np.cos(angle)), round(100 + 40 * np.sin(angle))
        tracks, _ = tracker.update(view(x, y), seen(x, y))
        for identity, place in zip(tracks.id.tolist(), scene_position(tracks, x, y), strict=True):
            assert np.linalg.norm(ids.setdefault(identity, place) - place) < HYBRID.flow_confirm_radius + 1.0
        sizes.append(len(tracker._table))
    assert max(sizes[100:]) <= max(sizes[:100])


def test_the_descriptor_tracker_behind_the_same_interface_is_the_tracker():
    one, other = DescriptorTracker(TrackerOptions()), Tracker()
    for step in range(4):
        features = seen(100 + 5 * step, 100)
        tracks, ids = one.update(view(100 + 5 * step, 100), features)
        np.testing.assert_array_equal(tracks.id, other.update(features).id)
        np.testing.assert_array_equal(ids, tracks.id)
        assert len(one.follow(BLACK)) == 0
    assert one.keyframe() is None
    keyframe = Keyframe(0, 0, BLACK, np.zeros(0, np.int64), np.zeros((0, 2), np.float32))
    assert one.learn(keyframe, features).tolist() == [-1] * len(features)
