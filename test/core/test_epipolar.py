"""Pairs of points against the epipolar lines of a camera that moved sideways, which are the image's rows."""

from __future__ import annotations

import numpy as np
import pytest

from superpoint_ros.core.epipolar import epipolar_inliers


def pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of which the last is 40 pixels off its line."""
    points = np.random.default_rng(1).uniform([-1, -1, 2], [1, 1, 6], (count, 3))
    xy0 = (points[:, :2] / points[:, 2:] * 400 + 240).astype(np.float32)
    xy1 = ((points[:, :2] + [0.3, 0]) / points[:, 2:] * 400 + 240).astype(np.float32)
    xy1[-1, 1] += 40
    return xy0, xy1


@pytest.mark.parametrize(("count", "dropped"), [(0, 0), (7, 0), (14, 0), (15, 1), (60, 1)])
def test_a_pair_off_its_line_is_found_among_fifteen(count, dropped):
    xy0, xy1 = pairs(count) if count else (np.zeros((0, 2), np.float32),) * 2
    good = epipolar_inliers(xy0, xy1, 1.0)
    assert good.dtype == bool
    assert good.tolist() == [True] * (count - dropped) + [False] * dropped


def test_pairs_that_determine_no_geometry_are_kept():
    still = np.full((20, 2), 7.0, np.float32)
    assert epipolar_inliers(still, still, 1.0).tolist() == [True] * 20


@pytest.mark.parametrize("seed", range(3, 403, 4))
def test_a_camera_that_turned_a_little_among_few_pairs_of_which_two_are_wrong(seed):
    """OpenCV's USAC raises an error on one in eight of these."""
    rng = np.random.default_rng(seed)
    xy0 = np.rint(rng.uniform(0, [640, 480], (int(rng.integers(15, 30)), 2))).astype(np.float32)
    xy1 = xy0 + np.float32([3, 1])
    xy1[:2] += rng.normal(0, 60, (2, 2)).astype(np.float32)
    assert epipolar_inliers(xy0, xy1, 1.0)[2:].all()
