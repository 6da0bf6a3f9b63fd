"""Planes through samples: exact where the scene is flat; all hints: relative to the scale."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import LinearNDInterpolator

from superpoint_ros.core import depth_hints as hints_module
from superpoint_ros.core.depth_hints import MAX_SAMPLE_DISTANCE, depth_hints, interpolate_planes
from superpoint_ros.core.sparse_depth import nearest_sample

SIZE = (30, 40)
BLACK = np.zeros((*SIZE, 3), np.uint8)


def plane_depth(a: float, b: float, c: float) -> np.ndarray:
    """Depth of a plane: its inverse is linear in the pixel."""
    y, x = np.indices(SIZE)
    return (1.0 / (a * x / SIZE[1] + b * y / SIZE[0] + c)).astype(np.float32)


def sampled(depth: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Random samples, the image's corners among them."""
    sparse = np.full(depth.shape, np.nan, np.float32)
    chosen = rng.choice(depth.size, count, replace=False)
    sparse.flat[chosen] = depth.flat[chosen]
    sparse[[0, 0, -1, -1], [0, -1, 0, -1]] = depth[[0, 0, -1, -1], [0, -1, 0, -1]]
    return sparse


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.0, 0.2), st.floats(0.0, 0.2), st.integers(20, 200))
def test_inside_the_samples_planes_are_exact(seed, a, b, count):
    depth = plane_depth(a, b, 0.3)
    sparse = sampled(depth, np.random.default_rng(seed), count)
    border = np.zeros(SIZE, bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    sparse = np.where(border, depth, sparse).astype(np.float32)
    planes = interpolate_planes(sparse, nearest_sample(sparse).depth)
    np.testing.assert_allclose(planes, depth, rtol=1e-4)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_planes_go_through_the_samples_and_stay_between_them(seed, count):
    rng = np.random.default_rng(seed)
    sparse = np.full(SIZE, np.nan, np.float32)
    sparse.flat[rng.choice(sparse.size, count, replace=False)] = rng.uniform(0.5, 50.0, count)
    planes = interpolate_planes(sparse, nearest_sample(sparse).depth)
    known = np.isfinite(sparse)
    np.testing.assert_allclose(planes[known], sparse[known], rtol=1e-4)
    assert planes.min() >= 0.9999 * np.nanmin(sparse)
    assert planes.max() <= 1.0001 * np.nanmax(sparse)


def test_one_sample_is_a_wall():
    sparse = np.full(SIZE, np.nan, np.float32)
    sparse[7, 9] = 2.5
    hints = depth_hints(BLACK, sparse)
    assert hints.scale == 2.5
    np.testing.assert_allclose(hints.maps[:3], 0.0, atol=1e-6)
    assert hints.maps[3, 7, 12] == 3.0


def test_samples_everywhere_stay_as_they_are():
    depth = np.random.default_rng(0).uniform(1.0, 9.0, SIZE).astype(np.float32)
    hints = depth_hints(BLACK, depth)
    np.testing.assert_allclose(hints.scale * np.exp(hints.maps[:3]), np.stack([depth] * 3), rtol=1e-4)
    assert (hints.maps[3] == 0.0).all()


def test_scaled_samples_change_the_scale_alone():
    sparse = sampled(plane_depth(0.1, 0.2, 0.3), np.random.default_rng(1), 30)
    hints, scaled = depth_hints(BLACK, sparse), depth_hints(BLACK, 8 * sparse)
    np.testing.assert_allclose(scaled.maps, hints.maps, atol=1e-5)
    assert scaled.scale == 8 * hints.scale


def test_without_samples_all_is_flat_and_far():
    empty = np.full(SIZE, np.nan, np.float32)
    assert depth_hints(BLACK, empty).scale == 1.0
    hints = depth_hints(BLACK, empty, fallback_depth=3.0)
    assert hints.scale == 3.0
    assert hints.maps.shape == (4, *SIZE)
    assert (hints.maps[:3] == 0.0).all()
    assert (hints.maps[3] == MAX_SAMPLE_DISTANCE).all()


def test_images_of_one_row_or_pixel_have_hints_too():
    for size in ((1, 1), (1, 9), (9, 1), (2, 2)):
        sparse = np.full(size, np.nan, np.float32)
        sparse[0, 0] = 4.0
        assert np.isfinite(depth_hints(np.zeros((*size, 3), np.uint8), sparse).maps).all()


def test_distances_end_at_1024_pixels():
    sparse = np.full((1, 1100), np.nan, np.float32)
    sparse[0, 0] = 2.0
    distance = depth_hints(np.zeros((1, 1100, 3), np.uint8), sparse).maps[3, 0]
    np.testing.assert_array_equal(distance, np.minimum(np.arange(1100), 1024))


def test_two_rows_are_enough_for_planes():
    y, x = np.indices((2, 30))
    depth = (1.0 / (0.3 + 0.01 * x + 0.1 * y)).astype(np.float32)
    sparse = np.full((2, 30), np.nan, np.float32)
    sparse[:, [0, 7, 14, 22, 29]] = depth[:, [0, 7, 14, 22, 29]]
    np.testing.assert_allclose(interpolate_planes(sparse, nearest_sample(sparse).depth), depth, rtol=1e-4)


def test_of_a_depth_camera_s_image_only_what_surrounds_its_holes_is_triangulated(monkeypatch):
    depth = plane_depth(0.1, 0.2, 0.3)
    sparse = depth.copy()
    sparse[10:20, 5:9] = sparse[3:6, 22:38] = np.nan
    given = []

    def counted(points, values):
        given.append(points)
        return LinearNDInterpolator(points, values)

    monkeypatch.setattr(hints_module, "LinearNDInterpolator", counted)
    planes = interpolate_planes(sparse, nearest_sample(sparse).depth)
    np.testing.assert_allclose(planes, depth, rtol=1e-4)
    np.testing.assert_array_equal(planes[np.isfinite(sparse)], depth[np.isfinite(sparse)])
    around = 2 * (12 + 4) + 2 * (5 + 16)
    assert len(given[0]) == around + 16  # 5 points on each edge of the image, its corners shared
