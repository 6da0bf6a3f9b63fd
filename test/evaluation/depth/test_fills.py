"""The further fills, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from superpoint_ros.evaluation.depth.fills import fill_guided, fill_inverse_distance, fill_morphological

GRAY = np.zeros((12, 16), np.uint8)


def sparse_of(*samples: tuple[int, int, float]) -> np.ndarray:
    sparse = np.zeros((12, 16), np.float32)
    for row, column, depth in samples:
        sparse[row, column] = depth
    return sparse


def test_inverse_distance_by_hand():
    filled = fill_inverse_distance(GRAY, sparse_of((5, 2, 1.0), (5, 5, 4.0)))
    assert filled[5, 3] == pytest.approx((1.0 / 1 + 4.0 / 4) / (1 / 1 + 1 / 4))
    assert filled[5, 5] == pytest.approx(4.0, abs=1e-5)


def test_inverse_distance_asks_the_eight_nearest_only():
    near = [(0, column, 2.0) for column in range(8)]
    assert fill_inverse_distance(GRAY, sparse_of(*near, (11, 15, 9.0)))[0, 3] == pytest.approx(2.0)


def test_guided_follows_the_edge_of_the_image():
    image = np.zeros((12, 16, 3), np.uint8)
    image[:, 6:] = 255
    sparse = sparse_of((5, 2, 1.0), (5, 12, 4.0))
    guided, plain = fill_guided(image, sparse), fill_inverse_distance(image, sparse)
    assert guided[5, 8] == pytest.approx(4.0, abs=0.01)
    assert guided[5, 3] == pytest.approx(1.0, abs=0.01)
    assert plain[5, 6] < 3.0
    np.testing.assert_allclose(fill_guided(GRAY, sparse), fill_inverse_distance(GRAY, sparse), rtol=1e-5)


def test_morphological_lets_the_nearer_depth_win_and_leaves_no_hole():
    filled = fill_morphological(GRAY, sparse_of((5, 6, 2.0), (5, 8, 8.0)))
    assert filled.min() > 0
    assert filled[5, 7] == pytest.approx(2.0, abs=0.5)
    assert (filled[5, 6], filled[5, 8]) == (2.0, 8.0)


@pytest.mark.parametrize("fill", [fill_inverse_distance, fill_guided, fill_morphological])
def test_without_samples_there_is_no_depth(fill):
    assert (fill(GRAY, sparse_of()) == 0).all()
