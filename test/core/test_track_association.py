"""Which keypoints belong to which followed tracks, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from superpoint_ros.core.keyframes import Keyframe
from superpoint_ros.core.optical_flow import FlowOptions
from superpoint_ros.core.track_association import (
    cell_numbers,
    choose_seeds,
    has_other_keypoint,
    keypoint_variance,
    match_near,
)
from superpoint_ros.core.track_table import TrackTable
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features

OPTIONS = TrackerOptions(flow_cell_size=20, max_descriptor_distance=1.0)
ROWS = np.array([0, 1])


def table(*xy) -> TrackTable:
    return TrackTable.begin(0, np.float32(xy).reshape(-1, 2), np.ones(len(xy)), np.eye(len(xy), 4))


def features(xy, descriptors=None, sigma=None) -> Features:
    xy = np.float32(xy).reshape(-1, 2)
    descriptors = np.eye(len(xy), 4, dtype=np.float32) if descriptors is None else np.float32(descriptors)
    return Features(xy, np.linspace(1, 0.5, len(xy), dtype=np.float32), descriptors, (60, 100), sigma)


def keyframe(*xy, ids=None) -> Keyframe:
    ids = range(len(xy)) if ids is None else ids
    return Keyframe(0, 0, np.zeros((60, 100), np.uint8), np.array(ids, np.int64), np.float32(xy).reshape(-1, 2))


@pytest.mark.parametrize(("offset", "found"), [(4, [0]), (6, [])])
def test_matches_are_near_and_of_one_descriptor(offset, found):
    tracks = table([10, 10], [50, 50])
    seen = features([[10 + offset, 10], [10, 10]], descriptors=np.eye(4)[[0, 3]])
    matches = match_near(tracks, ROWS, tracks.xy, seen, 5.0, 1.0)
    assert matches.index0.tolist() == matches.index1.tolist() == found


@pytest.mark.parametrize(("limit", "found"), [(0.7, []), (0.8, [0])])
def test_matches_are_no_farther_apart_than_the_limit(limit, found):
    seen = features([[10, 10]], [[0.72, np.sqrt(1 - 0.72**2), 0, 0]])  # 0.748 from the track's
    assert match_near(table([10, 10]), ROWS[:1], np.float32([[10, 10]]), seen, 5.0, limit).index0.tolist() == found


def test_a_keypoint_of_another_descriptor_is_told_from_one_of_the_tracks_own_and_from_none():
    tracks = table([10, 10], [50, 50])
    for xy, descriptors, expected in (
        ([[10, 12], [80, 50]], np.eye(4)[[3, 1]], [True, False]),
        ([[10, 12], [50, 52]], np.eye(4)[[0, 1]], [False, False]),
        ([[10, 12], [10, 9]], np.eye(4)[[3, 0]], [False, False]),
        (np.zeros((0, 2)), np.zeros((0, 4)), [False, False]),
    ):
        seen = features(xy, descriptors)
        assert has_other_keypoint(tracks, ROWS, tracks.xy, seen, 5.0, OPTIONS).tolist() == expected


@pytest.mark.parametrize(("similarity", "other"), [(0.5, True), (0.49, True), (0.51, False)])
def test_the_descriptor_distance_at_and_above_which_a_keypoint_is_another(similarity, other):
    """Unit vectors of similarity 0.5 are 1.0 apart."""
    tracks = table([10, 10])
    descriptor = [[similarity, np.sqrt(1 - similarity**2), 0, 0]]
    seen = features([[10, 10]], descriptor)
    assert has_other_keypoint(tracks, np.array([0]), tracks.xy, seen, 5.0, OPTIONS).tolist() == [other]


def test_seeds_are_the_strongest_of_cells_without_a_track_as_far_as_there_is_room():
    image, tracked = np.zeros((60, 100), np.uint8), np.float32([[5, 5], [25, 5]])
    seen = features([[24, 6], [50, 10], [55, 12], [10, 30], [99, 59], [8, 8]], np.zeros((6, 4)))
    free = np.arange(6)
    assert choose_seeds(image, seen, free, tracked, 3, OPTIONS).tolist() == [1, 3, 4]
    assert choose_seeds(image, seen, np.array([2, 4]), tracked, 3, OPTIONS).tolist() == [2, 4]
    assert choose_seeds(image, seen, free, tracked, 1, OPTIONS).tolist() == [1]
    assert choose_seeds(image, seen, free, tracked[:1], 2, OPTIONS).tolist() == [0, 1]
    assert choose_seeds(image, seen, free, tracked, 0, OPTIONS).tolist() == []


def test_keypoints_that_flow_would_soon_lose_begin_no_tracks():
    image, nowhere = np.full((60, 100), 128, np.uint8), np.zeros((0, 2), np.float32)
    image[30:, 30:] = 255
    # A corner, an edge, nothing.
    seen = features([[30, 30], [80, 30], [10, 10]], np.zeros((3, 4)))
    assert choose_seeds(image, seen, np.arange(3), nowhere, 3, OPTIONS).tolist() == [0]
    every = replace(OPTIONS, flow=FlowOptions(flow_min_quality=0.0))
    assert choose_seeds(image, seen, np.arange(3), nowhere, 3, every).tolist() == [0, 1, 2]
    # The strongest is looked for among all keypoints, those that already belong to tracks too.
    assert choose_seeds(image, seen, np.arange(1, 3), nowhere, 3, OPTIONS).tolist() == []


def test_the_variance_of_keypoints_is_the_networks_where_it_gives_one():
    assert keypoint_variance(features([[1, 1], [2, 2]])).tolist() == [0.5, 0.5]
    assert keypoint_variance(features([[1, 1], [2, 2]], sigma=np.float32([0.5, 2.0]))).tolist() == [0.25, 4.0]


def test_cells_are_numbered_row_by_row():
    xy = np.float32([[0, 0], [19.4, 19.4], [20, 0], [0, 20], [99, 59]])
    assert cell_numbers(xy, 20, 6).tolist() == [0, 0, 1, 6, 16]
