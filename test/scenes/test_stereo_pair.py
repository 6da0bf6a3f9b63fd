"""Rendered stereo pairs: images, depth and calibration belong together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from superpoint_ros.core.geometry import lift
from superpoint_ros.scenes.stereo_pair import StereoPair, room_pair

SIZE = (60, 80)


@pytest.fixture(scope="module")
def pair() -> StereoPair:
    return room_pair(0, SIZE)


def test_the_right_image_read_where_depth_says_is_the_left_one(pair):
    row, column = np.indices(SIZE)
    points = lift(np.column_stack([column.ravel(), row.ravel()]), pair.depth.ravel(), pair.K)
    image = np.column_stack([points, np.ones(len(points))]) @ pair.projections()[1].T
    x, y = (np.float32(image[:, i] / image[:, 2]).reshape(SIZE) for i in range(2))
    np.testing.assert_allclose(y, row, atol=1e-3)
    warped = cv2.remap(pair.right, x, y, cv2.INTER_LINEAR)
    inside = x >= 0
    difference = np.abs(warped.astype(float) - pair.left).mean(axis=2)[inside]
    unrelated = np.abs(pair.right.astype(float) - pair.left).mean(axis=2)[inside]
    assert np.median(difference) < 0.5 * np.median(unrelated)


def test_the_left_camera_is_the_origin(pair):
    np.testing.assert_array_equal(pair.projections()[0], np.hstack([pair.K, np.zeros((3, 1))]))


def test_errors_by_hand(pair):
    depth = np.full(SIZE, np.nan, np.float32)
    depth[0, :4] = pair.depth[0, :4] * (1.0, 1.05, 0.95, 2.0)
    count, median, share = pair.errors(depth)
    assert (count, share) == (4, 0.75)
    assert median == pytest.approx(0.05, rel=1e-3)


def test_the_same_seed_gives_the_same_pair(pair):
    again = room_pair(0, SIZE)
    np.testing.assert_array_equal(again.right, pair.right)
    assert (room_pair(1, SIZE).left != pair.left).any()
