"""The parts of an image in which keypoints are wanted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.region_options import RegionOptions, fit_mask, make_mask, read_mask


def test_nothing_given_is_no_mask():
    assert make_mask(RegionOptions(), None, (6, 8)) is None
    assert read_mask("") is None


def test_each_side_has_a_border_of_its_own():
    mask = make_mask(RegionOptions(mask_borders=(1, 2, 3, 4)), None, (10, 12))
    wanted = np.zeros((10, 12), np.uint8)
    wanted[2:6, 1:9] = 255
    np.testing.assert_array_equal(mask, wanted)


def test_borders_that_meet_leave_nothing():
    assert not make_mask(RegionOptions(mask_borders=(5, 0, 5, 0)), None, (4, 8)).any()


def test_outside_of_the_lens_circle_nothing_is_wanted():
    mask = make_mask(RegionOptions(lens_circle=(4.0, 3.0, 2.0)), None, (8, 10))
    row, column = np.mgrid[:8, :10]
    np.testing.assert_array_equal(mask != 0, np.hypot(column - 4, row - 3) <= 2)


def test_mask_and_border_hold_together():
    drawn = np.full((4, 4), 255, np.uint8)
    drawn[:, 0] = 0
    mask = make_mask(RegionOptions(mask_borders=(0, 1, 0, 0)), drawn, (4, 4))
    assert (mask != 0).sum() == 9
    assert drawn[0, 1] == 255


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_a_mask_of_another_size_covers_at_least_what_it_covered(height, width, new_height, new_width, seed):
    mask = (np.random.default_rng(seed).random((height, width)) > 0.2).astype(np.uint8)
    fitted = fit_mask(mask, (new_height, new_width))
    assert fitted.shape == (new_height, new_width)
    row, column = np.nonzero(mask == 0)
    center = np.stack([(row + 0.5) * new_height / height, (column + 0.5) * new_width / width], axis=1)
    if new_height <= height and new_width <= width:
        assert not fitted[tuple(np.floor(center).astype(int).T)].any()
    assert fitted.any() or (mask == 0).any()


def test_a_file_is_read_as_it_is(tmp_path):
    drawn = np.random.default_rng(0).integers(0, 2, (5, 7), np.uint8) * 255
    cv2.imwrite(str(tmp_path / "mask.png"), drawn)
    np.testing.assert_array_equal(read_mask(str(tmp_path / "mask.png")), drawn)


def test_a_missing_or_broken_file_is_named_with_the_cure(tmp_path):
    with pytest.raises(ParameterError, match=r"mask '.*none\.png': no such file; give an image that is black"):
        read_mask(str(tmp_path / "none.png"))
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ParameterError, match=r"mask '.*text\.png' is not an image .*; save it as a gray PNG"):
        read_mask(str(tmp_path / "text.png"))
