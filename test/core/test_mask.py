"""Masks, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from superpoint_ros.core.mask import unmasked, without_masked
from superpoint_ros.core.types import Features

MASK = np.uint8([[0, 255, 255, 0], [255, 0, 1, 255], [255, 255, 255, 0]])


@given(st.integers(-2, 5), st.integers(-2, 4), st.floats(-0.49, 0.49), st.floats(-0.49, 0.49))
@example(3, 1, 0.0, 0.0)
@example(4, 1, 0.0, 0.0)
@example(1, 2, 0.0, 0.0)
@example(1, 3, 0.0, 0.0)
def test_a_point_is_wanted_where_its_pixel_is(column, row, right, down):
    wanted = 0 <= column < 4 and 0 <= row < 3 and MASK[row, column] != 0
    xy = np.float32([[column + right, row + down]])
    assert unmasked(xy, MASK).tolist() == [wanted]
    assert unmasked(xy, MASK.astype(bool)).tolist() == [wanted]


def test_without_a_mask_everything_is_wanted():
    assert unmasked(np.float32([[-5, 3], [100, 100]]), None).all()


@pytest.mark.parametrize("sigma", [None, np.float32([0.1, 0.2, 0.3])])
def test_masked_keypoints_are_left_out_with_all_that_belongs_to_them(sigma):
    features = Features(np.float32([[0, 0], [1, 0], [2, 1]]), np.float32([0.9, 0.8, 0.7]), np.eye(3), (3, 4), sigma)
    kept = without_masked(features, MASK)
    assert kept.xy.tolist() == [[1, 0], [2, 1]]
    np.testing.assert_array_equal(kept.score, features.score[1:])
    np.testing.assert_array_equal(kept.descriptors, features.descriptors[1:])
    assert (kept.sigma is None) if sigma is None else (kept.sigma == sigma[1:]).all()
    assert without_masked(features, None) is features
