"""The way from an image whose keypoints come late to the newest one, and back."""

from __future__ import annotations

import numpy as np
from helpers.sliding_camera import SIZE, view

from superpoint_ros.core.keyframes import (
    MAX_REMEMBERED,
    REMEMBERED_EVERY,
    Keyframe,
    RecentImages,
    bring_to_newest,
    median_motion,
    moved_like_nearest,
    visible_since,
    with_later_tracks,
)
from superpoint_ros.core.optical_flow import FlowOptions
from superpoint_ros.core.track_table import TrackTable

CORNERS = np.float32([[50, 40], [90, 60], [110, 80]])


def table(*xy) -> TrackTable:
    return TrackTable.begin(0, np.float32(xy).reshape(-1, 2), np.ones(len(xy)), np.eye(len(xy), 4))


def keyframe(*xy, ids=None, number=1, image=None) -> Keyframe:
    ids, image = range(len(xy)) if ids is None else ids, view(100, 100) if image is None else image
    return Keyframe(0, number, image, np.array(ids, np.int64), np.float32(xy).reshape(-1, 2))


def taken(count) -> RecentImages:
    images = RecentImages()
    for step in range(count):
        images.add(view(100 + 2 * step, 100))
    return images


def first_of(images, *xy, ids=None) -> tuple[Keyframe, RecentImages]:
    return keyframe(*xy, ids=ids, image=images.newest), images


def test_tracks_that_went_out_of_sight_or_ended_are_not_visible_since():
    tracks = table([1, 1], [2, 2], [3, 3])
    tracks.visible[1] = False
    rows, xy = visible_since(tracks, keyframe([10, 0], [20, 0], [30, 0], ids=[7, 2, 1]))
    assert (rows.tolist(), xy.tolist()) == ([2], [[20, 0]])
    rows, xy = visible_since(tracks, keyframe([10, 0], [20, 0], ids=[0, 2]))
    assert (rows.tolist(), xy.tolist()) == ([0, 2], [[10, 0], [20, 0]])


def test_points_are_guessed_to_move_as_the_nearest_of_others():
    before, after = np.float32([[10, 10], [80, 50]]), np.float32([[15, 10], [80, 57]])
    guess = moved_like_nearest(np.float32([[12, 12], [70, 50], [44, 30]]), before, after)
    assert guess.tolist() == [[17, 12], [70, 57], [49, 30]]
    nothing = np.zeros((0, 2), np.float32)
    assert moved_like_nearest(np.float32([[1, 2]]), nothing, nothing).tolist() == [[1, 2]]


def test_the_motion_since_a_keyframe_is_the_median_of_the_tracks():
    tracks = table([15, 10], [25, 11], [90, 90])
    assert median_motion(tracks, keyframe([10, 10], [20, 10], [0, 0])).tolist() == [5, 1]
    assert median_motion(table(), keyframe()).tolist() == [0, 0]


def test_the_way_goes_over_every_few_images_and_not_back_for_ever():
    images = taken(REMEMBERED_EVERY * (MAX_REMEMBERED + 3) + 1)
    start = keyframe(number=2)
    way = images.way(start)
    assert (way[0] is start.image, way[-1] is images.newest) == (True, True)
    assert len(way) == 2 + MAX_REMEMBERED
    assert len(images.way(keyframe(number=images.number, image=images.newest))) == 1


def test_no_way_leads_over_an_interruption():
    images = taken(5)
    old = keyframe(number=images.number, image=images.newest)
    assert images.reaches(old)
    images.interrupt()
    assert not images.reaches(old)
    images.add(view(100, 100))
    assert not images.reaches(old)
    assert images.reaches(keyframe(number=images.number, image=images.newest))


def test_points_are_brought_to_the_newest_image():
    start, images = first_of(taken(1))
    for step in range(1, 12):
        images.add(view(100 + 3 * step, 100 + step))
    flow = bring_to_newest(start, CORNERS, table(), images, FlowOptions())
    assert flow.found.all()
    np.testing.assert_allclose(flow.xy, CORNERS - np.float32([33, 11]), atol=0.3)


def test_tracks_of_later_keypoints_are_followed_back_to_a_keyframe():
    start, images = first_of(taken(1), CORNERS[0], ids=[0])
    for step in range(1, 6):
        images.add(view(100 + 3 * step, 100 + step))
    moved = CORNERS - np.float32([15, 5])
    tracks = table(*moved)
    tracks.visible[2] = False
    whole = with_later_tracks(start, tracks, images, FlowOptions())
    assert whole.id.tolist() == [0, 1]
    np.testing.assert_allclose(whole.xy, CORNERS[:2], atol=0.2)


def test_tracks_that_begin_in_the_keyframe_itself_are_where_they_are():
    start, images = first_of(taken(1), CORNERS[0], ids=[0])
    whole = with_later_tracks(start, table(*CORNERS), images, FlowOptions())
    np.testing.assert_array_equal(whole.xy, CORNERS)
    assert start.image.shape == SIZE
