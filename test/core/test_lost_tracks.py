"""Tracks that optical flow has lost: how long they are remembered, and where they are found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.sliding_camera import BLACK, HALF, HYBRID, LANDMARKS, seen, view

from superpoint_ros.core.flow_tracker import FlowTracker
from superpoint_ros.core.types import STATUS_TRACKED


def test_a_track_that_flow_lost_is_found_again_by_its_descriptor():
    tracker = FlowTracker(HYBRID)
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.interrupt()
    assert len(tracker.follow(view(108, 104))) == 0
    again, _ids = tracker.update(view(108, 104), seen(108, 104))
    back = np.isin(again.id, first.id)
    assert set(again.status[back]) == {STATUS_TRACKED}
    assert back.sum() >= 0.8 * len(first)
    np.testing.assert_allclose(again.previous_xy[back] - again.xy[back], [[8, 4]] * back.sum(), atol=1e-4)


def test_a_lost_track_is_remembered_for_max_missed_frames():
    for missed, expected in ((3, True), (4, False)):
        tracker = FlowTracker(replace(HYBRID, max_missed_frames=3))
        first, _ = tracker.update(view(100, 100), seen(100, 100))
        tracker.interrupt()
        elsewhere = [len(LANDMARKS) - 1]
        for _ in range(missed):
            tracker.update(view(240, 240), seen(240, 240, elsewhere))
            tracker.interrupt()
        again, _ = tracker.update(view(100, 100), seen(100, 100))
        assert np.isin(first.id, again.id).all() == expected


@pytest.mark.parametrize(("missed", "followed"), [(3, True), (4, False)])
def test_after_too_many_black_images_tracks_are_found_again_by_descriptors(missed, followed):
    tracker = FlowTracker(replace(HYBRID, max_missed_frames=3))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    for _ in range(missed):
        tracker.follow(BLACK)
    assert (len(tracker.follow(view(102, 100))) > 0) == followed
    again, _ = tracker.update(view(102, 100), seen(102, 100))
    assert np.isin(again.id, first.id).sum() > 0.8 * len(first)


@pytest.mark.parametrize(("step", "number"), [(4, 5), (8, 2)])
def test_a_lost_track_is_expected_where_the_others_went(step, number):
    """From the image on in which it is lost: there it may move by more than the radius of the search."""
    tracker = FlowTracker(replace(HYBRID, flow_search_radius=1.0, flow_cell_size=1))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    for index in range(1, number + 1):
        tracker.follow(view(100 - step * index, 100), HALF)
    hidden = first.id[first.xy[:, 0] < 75 - step]
    way = step * number
    tracks, _ = tracker.update(view(100 - way, 100), seen(100 - way, 100))
    again = tracks.status == STATUS_TRACKED
    assert len(hidden) > 0
    assert np.isin(hidden, tracks.id[again]).all()
    np.testing.assert_allclose(tracks.xy[again] - tracks.previous_xy[again], [[way, 0]] * again.sum(), atol=0.1)


def test_tracks_that_are_found_again_leave_less_room_for_new_ones():
    tracker = FlowTracker(replace(HYBRID, max_tracks=12))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.follow(view(100, 100), HALF)
    few = first.id[first.xy[:, 0] < 80][:2]
    tracks, _ = tracker.update(view(100, 100), seen(100, 100))
    assert np.isin(few, tracks.id).all()
    assert len(tracks) == 12


def test_no_track_begins_in_the_cell_of_one_that_is_found_again():
    """Two corners in each cell: the stronger one's track was lost, and its keypoint finds it again."""
    tracker = FlowTracker(replace(HYBRID, flow_cell_size=40))
    first, _ = tracker.update(view(100, 100), seen(100, 100))
    tracker.interrupt()
    tracks, _ = tracker.update(view(100, 100), seen(100, 100))
    cells = (np.rint(tracks.xy) // 40).astype(int)
    assert np.isin(first.id, tracks.id).all()
    assert len(np.unique(cells, axis=0)) == len(cells)
