"""The parts of an image in which keypoints are wanted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import option_specs
from superpoint_ros.core.region_options import RegionOptions, fit_mask, make_mask, read_mask


def test_defaults_and_limits():
    assert RegionOptions() == RegionOptions("", (0, 0, 0, 0), (0.0, 0.0, 0.0))
    RegionOptions(mask_borders=(0, 0, 0, 100_000), lens_circle=(-100_000.0, 0.0, 100_000.0))
    for bad in ({"mask_borders": (0, 0, 0, -1)}, {"mask_borders": (100_001, 0, 0, 0)},
                {"lens_circle": (-100_001.0, 0.0, 0.0)}, {"lens_circle": (0.0, 0.0, 100_001.0)}):  # fmt: skip
        with pytest.raises(ParameterError, match=f"{next(iter(bad))}=.* is not between"):
            RegionOptions(**bad)


def test_a_running_node_changes_none_of_them():
    assert all(spec.fixed for spec in option_specs(RegionOptions).values())


def test_nothing_given_is_no_mask():
    assert make_mask(RegionOptions(), None, (6, 8)) is None
    assert read_mask("") is None


def test_each_side_has_a_border_of_its_own():
    mask = make_mask(RegionOptions(mask_borders=(1, 2, 3, 4)), None, (10, 12))
    wanted = np.zeros((10, 12), np.uint8)
    wanted[2:6, 1:9] = 255
    np.testing.assert_array_equal(mask, wanted)


@pytest.mark.parametrize("borders", [(5, 0, 5, 0), (0, 0, 9, 0), (0, 0, 0, 5), (0, 4, 0, 0)])
def test_borders_that_meet_leave_nothing(borders):
    assert not make_mask(RegionOptions(mask_borders=borders), None, (4, 8)).any()


@pytest.mark.parametrize("radius", [0.5, 1.0, 3.0])
def test_outside_of_the_lens_circle_nothing_is_wanted(radius):
    mask = make_mask(RegionOptions(lens_circle=(4.0, 3.0, radius)), None, (8, 10))
    row, column = np.mgrid[:8, :10]
    np.testing.assert_array_equal(mask != 0, np.hypot(column - 4, row - 3) <= radius)


def test_mask_and_border_hold_together():
    drawn = np.full((4, 4), 255, np.uint8)
    drawn[:, 0] = 0
    mask = make_mask(RegionOptions(mask_borders=(0, 1, 0, 0)), drawn, (4, 4))
    assert (mask != 0).sum() == 9
    assert drawn[0, 1] == 255


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_of_a_mask_of_another_size_a_pixel_is_black_that_overlaps_a_black_one(
    height, width, new_height, new_width, seed
):
    mask = (np.random.default_rng(seed).random((height, width)) > 0.2).astype(np.uint8)
    # Each of the mask's pixels as new_height x new_width small ones, of which height x width make a new pixel.
    small = np.kron(mask, np.ones((new_height, new_width), np.uint8)).reshape(new_height, height, new_width, width)
    expected = np.where(small.min(axis=(1, 3)) == 0, 0, 255)
    fitted = fit_mask(mask, (new_height, new_width))
    if (height, width) != (new_height, new_width):
        np.testing.assert_array_equal(fitted, expected)
        assert fitted.dtype == np.uint8
    else:
        assert fitted is mask


def test_a_file_is_read_as_it_is(tmp_path):
    drawn = np.random.default_rng(0).integers(0, 2, (5, 7), np.uint8) * 255
    cv2.imwrite(str(tmp_path / "mask.png"), drawn)
    np.testing.assert_array_equal(read_mask(str(tmp_path / "mask.png")), drawn)


def test_a_missing_or_broken_file_is_named_with_the_cure(tmp_path):
    with pytest.raises(ParameterError, match=r"mask '.*none\.png': no such file or directory; give an image"):
        read_mask(str(tmp_path / "none.png"))
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ParameterError, match=r"mask '.*text\.png': cannot be decoded: not an image, .*; give an image"):
        read_mask(str(tmp_path / "text.png"))
