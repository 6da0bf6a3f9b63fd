"""Sampling patterns: how many, where, and always the depth that is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.sampling_patterns import PATTERNS, sample_at, sample_depth

SIZE = (96, 128)


def depth_with_holes(seed: int, holes: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.5, 30.0, SIZE).astype(np.float32)
    depth[rng.random(SIZE) < holes] = rng.choice([0.0, np.nan, np.inf, -1.0])
    return depth


def textured(seed: int) -> np.ndarray:
    blocks = np.random.default_rng(seed).integers(0, 256, (SIZE[0] // 8, SIZE[1] // 8), dtype=np.uint8)
    return np.kron(blocks, np.ones((8, 8), np.uint8))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(PATTERNS)), st.integers(0, 10**6), st.integers(1, 900), st.floats(0.0, 0.9))
def test_samples_are_depths_of_the_image_and_seeded(pattern, seed, count, holes):
    depth, gray = depth_with_holes(seed, holes), textured(seed)
    sparse = sample_depth(depth, pattern, count, np.random.default_rng(seed), gray)
    taken = np.isfinite(sparse)
    assert sparse.dtype == np.float32
    np.testing.assert_array_equal(sparse[taken], depth[taken])
    again = sample_depth(depth, pattern, count, np.random.default_rng(seed), gray)
    np.testing.assert_array_equal(sparse, again)


@pytest.mark.parametrize("count", [1, 12, 300, 96 * 128])
def test_uniform_takes_exactly_as_many_as_wanted(count):
    sparse = sample_depth(depth_with_holes(0, 0.0), "uniform", count, np.random.default_rng(1))
    assert np.isfinite(sparse).sum() == count


def test_uniform_takes_all_there_is_when_more_is_wanted():
    depth = np.zeros(SIZE, np.float32)
    depth[5, 7] = depth[9, 1] = 2.0
    assert np.isfinite(sample_depth(depth, "uniform", 50, np.random.default_rng(0))).sum() == 2


@pytest.mark.parametrize("pattern", ["grid", "scan_lines"])
@pytest.mark.parametrize("count", [12, 100, 768])
def test_regular_patterns_take_about_as_many_as_wanted(pattern, count):
    counts = [
        np.isfinite(sample_depth(depth_with_holes(0, 0.0), pattern, count, np.random.default_rng(seed))).sum()
        for seed in range(20)
    ]
    assert np.mean(counts) == pytest.approx(count, rel=0.25)


def test_a_grid_is_regular():
    sparse = sample_depth(depth_with_holes(0, 0.0), "grid", 96 * 128 // 64, np.random.default_rng(3))
    rows, columns = np.nonzero(np.isfinite(sparse))
    assert set(np.diff(np.unique(rows))) == {8}
    assert set(np.diff(np.unique(columns))) == {8}


def test_keypoint_samples_lie_on_texture():
    gray = np.full(SIZE, 128, np.uint8)
    gray[:, 64:] = textured(2)[:, 64:]
    for pattern in ("orb", "sift"):
        sparse = sample_depth(depth_with_holes(0, 0.0), pattern, 50, np.random.default_rng(0), gray)
        columns = np.nonzero(np.isfinite(sparse))[1]
        assert len(columns) > 5
        assert columns.min() > 50


def test_a_sample_in_a_hole_moves_to_the_nearest_depth():
    depth = np.zeros((5, 5), np.float32)
    depth[1, 2], depth[4, 4] = 3.0, 7.0
    sparse = sample_at(depth, np.array([[2.2, 2.4], [4.0, 3.0], [9.0, 0.0]]))
    assert np.isfinite(sparse).sum() == 2
    assert (sparse[1, 2], sparse[4, 4]) == (3.0, 7.0)


def test_nothing_comes_of_an_image_without_depth():
    assert not np.isfinite(sample_depth(np.zeros(SIZE, np.float32), "grid", 9, np.random.default_rng(0))).any()


def test_unknown_patterns_and_missing_images_are_refused():
    depth, rng = depth_with_holes(0, 0.0), np.random.default_rng(0)
    with pytest.raises(ImageError, match=r"'spiral' is not one of uniform, grid"):
        sample_depth(depth, "spiral", 5, rng)
    with pytest.raises(ImageError, match=r"'orb' needs a gray image of the depth's size \(96, 128\)"):
        sample_depth(depth, "orb", 5, rng, np.zeros((2, 2), np.uint8))


def scans(seed: int, count: int, lines: int) -> np.ndarray:
    xy = PATTERNS["scan_lines"](np.ones(SIZE), count, np.random.default_rng(seed), np.zeros(SIZE, np.uint8))
    return xy.reshape(lines, -1, 2)


def test_scan_lines_are_parallel_and_nearly_rows():
    tilts, rows = [], []
    for seed in range(30):
        xy = scans(seed, 400, lines=20)
        (run, rise) = (xy[:, -1] - xy[:, 0]).T
        np.testing.assert_allclose(rise / run, rise[0] / run[0])
        tilts.append(rise[0] / run[0])
        middle = xy[:, 0, 1] + (SIZE[1] / 2 - xy[:, 0, 0]) * tilts[-1]
        np.testing.assert_allclose(np.diff(middle), SIZE[0] / 20)
        rows.append(middle[0])
    assert -0.05 <= min(tilts) < -0.02
    assert 0.02 < max(tilts) <= 0.05
    assert 0 <= min(rows) < 0.2 * SIZE[0] / 20 < 0.8 * SIZE[0] / 20 < max(rows) <= SIZE[0] / 20


def test_a_scan_has_no_more_than_64_lines():
    xy = scans(0, 64 * 100, lines=64)
    np.testing.assert_allclose(np.diff(xy[:, :, 0], axis=0), 0)
    assert xy.shape[1] == 100


def test_a_grid_begins_anywhere_within_its_first_cell():
    first = np.array(
        [
            PATTERNS["grid"](np.ones(SIZE), 96 * 128 // 256, np.random.default_rng(seed), np.zeros(SIZE, np.uint8))[0]
            for seed in range(60)
        ]
    )
    assert (first.min(axis=0) <= 2).all()
    assert (first.max(axis=0) >= 13).all()
    assert (first.max(axis=0) <= 15).all()


@pytest.mark.parametrize("pattern", ["orb", "sift"])
def test_the_strongest_keypoints_come_first(pattern):
    faint = 128 + (textured(3) // 8).astype(int) - 16
    gray = np.where(np.arange(SIZE[1]) < 64, textured(2), faint).astype(np.uint8)
    sparse = sample_depth(np.ones(SIZE, np.float32), pattern, 6, np.random.default_rng(0), gray)
    columns = np.nonzero(np.isfinite(sparse))[1]
    assert 0 < len(columns) <= 6
    assert columns.max() < 70
