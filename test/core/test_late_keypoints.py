"""Keypoints that reach the flow tracker some images after their own."""

from __future__ import annotations

import weakref
from dataclasses import replace

import numpy as np
import pytest
from helpers.sliding_camera import HALF, HYBRID, SIZE, seen, view

from superpoint_ros.core.flow_tracker import FlowTracker
from superpoint_ros.core.image_tracker import make_tracker
from superpoint_ros.core.optical_flow import VARIANCE_LIMITS, FlowOptions
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import STATUS_CONFIRMED, STATUS_NEW


def test_late_keypoints_are_carried_to_the_newest_image():
    tracker = FlowTracker(HYBRID)
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    for step in range(1, 5):
        assert len(tracker.follow(view(100 + 2 * step, 100))) == 0
    ids = tracker.learn(keyframe, seen(100, 100))
    tracks = tracker.follow(view(110, 100))
    assert set(tracks.status) == {STATUS_NEW}
    assert np.isin(tracks.id, ids).all()
    at = dict(zip(ids.tolist(), seen(100, 100).xy, strict=True))
    expected = np.array([at[identity] for identity in tracks.id.tolist()]) - np.float32([10, 0])
    np.testing.assert_allclose(tracks.xy, expected, atol=0.1)


def test_late_keypoints_confirm_tracks_where_they_were():
    tracker = FlowTracker(HYBRID)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.follow(view(104, 100))
    keyframe = tracker.keyframe()
    for step in range(2, 5):
        tracker.follow(view(100 + 4 * step, 100))
    ids = tracker.learn(keyframe, seen(104, 100))
    tracks = tracker.follow(view(120, 100))
    confirmed = tracks.id[tracks.status == STATUS_CONFIRMED]
    assert len(confirmed) > 0.7 * len(first)
    assert np.isin(confirmed, first.id).all()
    assert np.isin(confirmed, ids).all()


def test_keypoints_from_before_a_reset_are_of_no_track():
    tracker = FlowTracker(HYBRID)
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    tracker.reset()
    tracker.follow(view(100, 100))
    assert set(tracker.learn(keyframe, seen(100, 100))) == {-1}
    assert tracker.follow(view(100, 100)).epoch == 1


def test_keypoints_of_before_an_interruption_are_not_followed_across_it():
    tracker = FlowTracker(HYBRID)
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    tracker.interrupt()
    tracker.follow(view(106, 103))
    assert set(tracker.learn(keyframe, seen(100, 100))) == {-1}
    assert len(tracker.follow(view(106, 103))) == 0


@pytest.mark.parametrize("kind", ["flow", "hybrid"])
@pytest.mark.parametrize("after", [0, 5])
def test_keypoints_of_the_next_keyframe_are_those_of_the_tracks_that_the_last_one_began(kind, after):
    """It is taken before the last one's keypoints are known."""
    tracker = make_tracker(TrackerOptions(tracker=kind))
    keyframes = []
    for x in (100, 103):
        tracker.follow(view(x, 100))
        keyframes.append((tracker.keyframe(), seen(x, 100)))
    for step in range(after):
        tracker.follow(view(104 + 2 * step, 100))
    ids = [tracker.learn(*one) for one in keyframes]
    tracks = tracker.follow(view(104 + 2 * after, 100))
    assert len(ids[0]) == len(ids[1]) > 20
    known = ids[0] >= 0
    if kind == "hybrid":
        np.testing.assert_array_equal(ids[1][known], ids[0][known])
    apart = np.linalg.norm(tracks.xy[:, None] - tracks.xy[None], axis=2) + 1e3 * np.eye(len(tracks))
    assert len(tracks) > 0.8 * known.sum()
    assert apart.min() > 10.0


@pytest.mark.parametrize("late", [0, 4, 8])
def test_a_lost_track_is_looked_for_where_it_was_when_the_keypoints_were_taken(late):
    tracker = FlowTracker(replace(HYBRID, flow_search_radius=6.0, flow_cell_size=1))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.follow(view(100, 100), HALF)
    hidden = first.id[first.xy[:, 0] < 80]
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    for step in range(1, late + 1):
        tracker.follow(view(100 - 5 * step, 100))
    ids = tracker.learn(keyframe, seen(100, 100))
    assert np.isin(hidden, ids).all()


@pytest.mark.parametrize(("images", "levels"), [(6, 0), (16, 1)])
def test_keypoints_that_do_not_make_the_whole_way_at_once_go_by_the_images_between(images, levels):
    tracker = FlowTracker(replace(HYBRID, flow=FlowOptions(flow_levels=levels)))
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    for step in range(1, images + 1):
        tracker.follow(view(100 + 2 * step, 100))
    features = seen(100, 100)
    ids = tracker.learn(keyframe, features)
    tracks = tracker.follow(view(100 + 2 * images, 100))
    start = {identity: xy for identity, xy in zip(ids.tolist(), features.xy, strict=True) if xy[0] > 2 * images + 12}
    assert -1 not in start
    error = [
        xy + [2 * images, 0] - start[one] for one, xy in zip(tracks.id.tolist(), tracks.xy, strict=True) if one in start
    ]
    assert len(error) == len(start) >= 16
    assert np.median(np.abs(error)) < 0.1


def test_sixteen_images_are_remembered_for_them_however_many_there_were():
    tracker, images = FlowTracker(HYBRID), []
    for step in range(100):
        image = view(100 + step % 7, 100)
        tracker.follow(image)
        images.append(weakref.ref(image))
        del image
    alive = [number for number, image in enumerate(images, 1) if image() is not None]
    assert alive == list(range(40, 101, 4))


def test_late_keypoints_that_cannot_be_followed_begin_no_track():
    tracker = FlowTracker(HYBRID)
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    tracker.follow(view(230, 230))
    assert (tracker.learn(keyframe, seen(100, 100)) == -1).mean() > 0.8


def test_late_keypoints_under_the_newest_mask_begin_no_track_and_are_not_reported_lost():
    tracker = FlowTracker(replace(HYBRID, tracker="flow"))
    tracker.follow(view(100, 100))
    keyframe, nothing = tracker.keyframe(), np.zeros(SIZE, np.uint8)
    tracker.follow(view(101, 100), nothing)
    assert set(tracker.learn(keyframe, seen(100, 100))) == {-1}
    keyframe = tracker.keyframe()
    tracker.follow(view(102, 100))
    assert set(tracker.learn(keyframe, seen(101, 100))) != {-1}
    tracks = tracker.follow(view(103, 100), nothing)
    assert (len(tracks), len(tracks.lost_id)) == (0, 0)


def test_the_way_makes_late_keypoints_less_certain():
    on_time, late = FlowTracker(HYBRID), FlowTracker(HYBRID)
    tracks, _ = on_time.update(view(100, 100), seen(100, 100))
    late.follow(view(100, 100))
    keyframe = late.keyframe()
    late.follow(view(102, 100))
    late.learn(keyframe, seen(100, 100))
    followed = late.follow(view(102, 100))
    assert (len(keyframe.id), len(keyframe.xy)) == (0, 0)
    assert len(followed) > 0.8 * len(tracks)
    assert (followed.sigma**2 >= tracks.sigma[0] ** 2 + 2 * 0.003 - 1e-6).all()


def test_late_keypoints_that_go_image_by_image_are_less_certain_by_every_step():
    """Of flat residuals each step adds the least variance that there is."""
    tracker = FlowTracker(replace(HYBRID, flow=FlowOptions(flow_levels=0)))
    tracker.follow(view(100, 100))
    keyframe = tracker.keyframe()
    for step in range(1, 17):
        tracker.follow(view(100 + 2 * step, 100))
    tracker.learn(keyframe, seen(100, 100))
    tracks = tracker.follow(view(132, 100))
    assert len(tracks) >= 16
    assert (tracks.sigma**2 >= 0.5 + 6 * VARIANCE_LIMITS[0] - 1e-6).all()
