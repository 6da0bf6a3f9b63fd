import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.scenes.homography_sampling import (
    HomographyRanges,
    image_outline,
    sample_homography,
    truncated_normal,
)

SIZE = (60, 80)


def test_truncated_normal_stays_within_one_and_is_centered():
    values = truncated_normal(np.random.default_rng(0), 20_000)
    assert np.abs(values).max() <= 1.0
    assert abs(values.mean()) < 0.01
    # standard deviation of a normal cut at two deviations, in units of two deviations
    assert values.std() == pytest.approx(0.8796 / 2, abs=0.01)


def test_no_ranges_give_the_identity():
    homography = sample_homography(np.random.default_rng(0), SIZE, HomographyRanges(1.0, 0.0, 0.0, 0.0, 0.0))
    np.testing.assert_allclose(homography / homography[2, 2], np.eye(3), atol=1e-4)


def test_a_crop_alone_zooms_about_the_center():
    homography = sample_homography(np.random.default_rng(0), SIZE, HomographyRanges(0.5, 0.0, 0.0, 0.0, 0.0))
    np.testing.assert_allclose(
        warp_points([[39.5, 29.5], [40.5, 29.5]], homography), [[39.5, 29.5], [41.5, 29.5]], atol=1e-4
    )


def test_rotation_keeps_lengths():
    ranges = HomographyRanges(1.0, 0.0, 0.0, 180.0, 0.0)
    for seed in range(5):
        moved = warp_points([[39.5, 29.5], [49.5, 29.5]], sample_homography(np.random.default_rng(seed), SIZE, ranges))
        assert np.linalg.norm(moved[1] - moved[0]) == pytest.approx(10.0 * 1.0, rel=1e-3)


@given(st.integers(0, 10_000))
def test_scale_is_bounded(seed):
    ranges = HomographyRanges(1.0, 0.0, 0.5, 180.0, 0.2)
    homography = sample_homography(np.random.default_rng(seed), SIZE, ranges)
    area = abs(np.linalg.det(homography[:2, :2])) / homography[2, 2] ** 2
    assert 1 / 1.5**2 * 0.99 <= area <= 1.5**2 * 1.01


@given(st.integers(0, 10_000))
def test_even_wide_ranges_keep_the_image_in_front(seed):
    ranges = HomographyRanges(0.85, 0.24, 1.0, 180.0, 0.3)
    homography = sample_homography(np.random.default_rng(seed), SIZE, ranges)
    back = np.column_stack([image_outline(SIZE), np.ones(4)]) @ np.linalg.inv(homography).T
    assert len(set(np.sign(back[:, 2]))) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("crop", 0.0), ("perspective", 0.6), ("rotation", 190.0), ("scale", -0.1)]
)
def test_out_of_range_is_named(field, value):
    with pytest.raises(ValueError, match=field):
        HomographyRanges(**{field: value})
