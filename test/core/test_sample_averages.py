"""Averages of samples, by hand and by their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.sample_averages import average_by_color, average_by_distance

NAN = float("nan")


def test_two_samples_are_weighted_by_the_inverse_square_of_their_distance():
    filled = average_by_distance(np.array([[2.0, NAN, NAN, 8.0]], np.float32))
    expected = (2.0 / 1 + 8.0 / 4) / (1 / 1 + 1 / 4)
    np.testing.assert_allclose(filled, [[2.0, expected, (2.0 / 4 + 8.0) / (1 / 4 + 1), 8.0]], rtol=1e-5)


def test_samples_of_the_same_color_count_and_others_hardly_do():
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 20:] = 255
    sparse = np.full((20, 40), NAN, np.float32)
    sparse[10, 2], sparse[10, 22] = 1.0, 5.0
    filled = average_by_color(image, sparse)
    assert filled[10, 16] == pytest.approx(1.0, abs=0.01)
    assert filled[10, 39] == pytest.approx(5.0, abs=0.01)
    assert average_by_distance(sparse)[10, 16] > 4.0


def test_gray_images_are_taken_as_three_equal_channels_are():
    rng = np.random.default_rng(0)
    gray, sparse = rng.integers(0, 256, (12, 15), dtype=np.uint8), np.full((12, 15), NAN, np.float32)
    sparse.flat[rng.choice(sparse.size, 20, replace=False)] = rng.uniform(1, 9, 20)
    np.testing.assert_allclose(
        average_by_color(gray, sparse), average_by_color(np.dstack([gray] * 3), sparse), rtol=1e-5
    )


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_averages_lie_between_the_samples_and_keep_them(seed, count):
    rng = np.random.default_rng(seed)
    sparse = np.full((9, 11), NAN, np.float32)
    sparse.flat[rng.choice(sparse.size, count, replace=False)] = rng.uniform(0.1, 90.0, count)
    image, known = rng.integers(0, 256, (9, 11, 3), dtype=np.uint8), np.isfinite(sparse)
    for filled in (average_by_distance(sparse), average_by_color(image, sparse)):
        assert filled.min() >= 0.999 * np.nanmin(sparse)
        assert filled.max() <= 1.001 * np.nanmax(sparse)
        np.testing.assert_allclose(filled[known], sparse[known], rtol=1e-3)


def test_eight_samples_are_averaged_and_no_more():
    sparse = np.float32([[NAN, *range(1, 9), 1000.0]])
    distance = np.arange(1, 9)
    expected = (np.arange(1, 9) / distance**2).sum() / (1 / distance**2).sum()
    np.testing.assert_allclose(average_by_distance(sparse)[0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("difference", [0, 10, 15, 40, 255])
def test_a_sample_counts_less_the_more_its_color_differs(difference):
    """By a Gaussian of 15 gray levels' deviation, down to one part in ten thousand."""
    image = np.zeros((20, 41, 3), np.uint8)
    image[:, 20:] = difference
    sparse = np.full((20, 41), NAN, np.float32)
    sparse[10, 4], sparse[10, 28] = 1.0, 5.0
    likeness = max(np.exp(-(difference**2) / (2 * 15**2)), 1e-4)
    weights = np.array([1 / 8**2, likeness / 16**2])
    expected = (weights * (1.0, 5.0)).sum() / weights.sum()
    np.testing.assert_allclose(average_by_color(image, sparse)[10, 12], expected, rtol=1e-4)
