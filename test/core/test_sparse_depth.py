"""Sparse depth against plain loops and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.sparse_depth import (
    clean_sparse_depth,
    depth_at,
    nearest_sample,
    one_per_voxel,
    resize_sparse_depth,
    sparse_depth_from_cloud,
    sparse_depth_from_points,
    sparse_depth_points,
    unit_warning,
)

NAN = float("nan")


def random_sparse(seed: int, size: tuple[int, int], count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sparse = np.full(size[0] * size[1], np.nan, np.float32)
    chosen = rng.choice(sparse.size, count, replace=False)
    sparse[chosen] = rng.uniform(0.5, 20.0, count)
    return sparse.reshape(size)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 13), st.integers(1, 17), st.data())
def test_nearest_sample_is_that_of_a_search_over_all_samples(seed, height, width, data):
    count = data.draw(st.integers(1, height * width))
    sparse = random_sparse(seed, (height, width), count)
    rows, columns = np.nonzero(np.isfinite(sparse))
    found = nearest_sample(sparse)
    for y in range(height):
        for x in range(width):
            distances = np.hypot(rows - y, columns - x)
            assert found.distance[y, x] == pytest.approx(distances.min(), abs=1e-5)
            nearest = np.abs(distances - distances.min()) < 1e-9
            assert found.depth[y, x] in sparse[rows[nearest], columns[nearest]]


def test_one_sample_fills_the_image():
    sparse = np.full((3, 4), np.nan, np.float32)
    sparse[0, 1] = 2.5
    found = nearest_sample(sparse)
    assert (found.depth == 2.5).all()
    assert found.distance[0, 1] == 0
    assert found.distance[2, 3] == pytest.approx(np.sqrt(8))


def test_no_sample_is_said_and_all_samples_are_kept():
    nothing = nearest_sample(np.full((2, 3), np.nan, np.float32))
    assert np.isnan(nothing.depth).all()
    assert np.isinf(nothing.distance).all()
    full = random_sparse(0, (5, 6), 30)
    found = nearest_sample(full)
    np.testing.assert_array_equal(found.depth, full)
    assert (found.distance == 0).all()


def test_cleaning_drops_and_counts_what_cannot_be():
    clean, dropped = clean_sparse_depth(np.array([[1.0, 0.0, NAN], [-2.0, np.inf, -np.inf]]))
    assert clean.dtype == np.float32
    np.testing.assert_array_equal(clean, np.array([[1.0, NAN, NAN], [NAN, NAN, NAN]], np.float32))
    assert dropped == 3


@pytest.mark.parametrize(
    ("sparse", "words"),
    [
        (np.zeros((2, 3, 1), np.float32), r"shape \(2, 3, 1\)"),
        (np.zeros((0, 4), np.float32), "shape"),
        (np.zeros((2, 2), np.uint16), "uint16.*meters"),
        (None, "is None, not"),
        ([[1.0]], "is list, not"),
    ],
)
def test_what_is_no_sparse_depth_is_refused(sparse, words):
    with pytest.raises(ImageError, match=words):
        clean_sparse_depth(sparse)


def test_points_land_on_the_nearest_pixel_and_the_nearest_point_wins():
    xy = [[0.4, 0.6], [0.0, 1.0], [2.49, 0.0], [2.5, 0.0], [-0.6, 0.0], [1.0, 0.0], [1.0, 1.0], [NAN, 0.0]]
    depth = np.array([3.0, 2.0, 7.0, 9.0, 1.0, -1.0, np.inf, 5.0])
    sparse = sparse_depth_from_points(np.array(xy), depth, (2, 3))
    np.testing.assert_array_equal(sparse, np.array([[NAN, NAN, 7.0], [2.0, NAN, NAN]], np.float32))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 9), st.data())
def test_points_of_an_image_make_the_image_again(seed, height, width, data):
    sparse = random_sparse(seed, (height, width), data.draw(st.integers(0, height * width)))
    xy, depth = sparse_depth_points(sparse)
    assert (xy.dtype, depth.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(sparse_depth_from_points(xy, depth, sparse.shape), sparse)


def test_resizing_moves_samples_by_pixel_centers():
    sparse = np.full((4, 6), np.nan, np.float32)
    sparse[0, 0], sparse[1, 1], sparse[3, 4] = 5.0, 4.0, 2.0
    half = resize_sparse_depth(sparse, (2, 3))
    np.testing.assert_array_equal(half, np.array([[4.0, NAN, NAN], [NAN, NAN, 2.0]], np.float32))
    assert resize_sparse_depth(sparse, (4, 6)) is sparse
    triple = resize_sparse_depth(half, (6, 9))
    assert (triple[1, 1], triple[4, 7], np.isfinite(triple).sum()) == (4.0, 2.0, 2)


@pytest.mark.parametrize("distortion", [(), (-0.2, 0.05, 0.001, -0.001)])
def test_a_cloud_lands_where_its_rays_come_from(distortion):
    matrix = np.array([[50.0, 0, 31.5], [0, 50.0, 23.5], [0, 0, 1]])
    camera = Camera(matrix, np.array(distortion), (48, 64))
    pixels = np.array([[5.0, 7.0], [60.0, 40.0], [31.0, 23.0]])
    depth = np.array([2.0, 3.0, 4.0])
    points = np.column_stack([camera.normalize(pixels), np.ones(3)]) * depth[:, None]
    behind_and_beside = np.array([[0.0, 0.0, -1.0], [90.0, 0.0, 1.0]])
    sparse = sparse_depth_from_cloud(np.concatenate([points, behind_and_beside]), camera)
    assert np.isfinite(sparse).sum() == 3
    np.testing.assert_allclose([sparse[7, 5], sparse[40, 60], sparse[23, 31]], depth, rtol=1e-6)


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("column", range(4))
def test_every_pixel_takes_the_points_nearest_to_it(row, column):
    for offset in (-0.5, 0.0, 0.49):
        sparse = sparse_depth_from_points(np.array([[column + offset, row + offset]]), np.array([2.0]), (3, 4))
        assert np.argwhere(np.isfinite(sparse)).tolist() == [[row, column]]


@pytest.mark.parametrize("xy", [(-0.51, 0.0), (3.5, 0.0), (0.0, -0.51), (0.0, 2.5), (4.2, 1.0), (1.0, 3.2)])
def test_points_beyond_an_edge_are_left_out(xy):
    assert np.isnan(sparse_depth_from_points(np.array([xy]), np.array([2.0]), (3, 4))).all()


def test_resizing_by_uneven_factors_moves_samples_by_pixel_centers():
    sparse = np.full((4, 8), np.nan, np.float32)
    sparse[3, 7], sparse[0, 2] = 5.0, 2.0
    resized = resize_sparse_depth(sparse, (8, 4))
    assert {(row, column): resized[row, column] for row, column in np.argwhere(np.isfinite(resized))} == {
        (7, 3): 5.0, (1, 1): 2.0
    }  # fmt: skip


def test_the_unit_is_doubted_beyond_plausible_medians_only():
    assert unit_warning(0.01) is unit_warning(100.0) is unit_warning(1.0) is None
    assert "millimeters" in (unit_warning(100.1) or "")
    assert "kilometers" in (unit_warning(0.0099) or "")


def test_a_cloud_is_seen_up_to_once_the_image_beside_its_center():
    camera = Camera(np.array([[50.0, 0, 31.5], [0, 50.0, 23.5], [0, 0, 1]]), np.zeros(0), (48, 64))
    edge = np.array([[-31.5 / 50, -23.5 / 50, 1.0], [31.5 / 50, 23.5 / 50, 1.0]]) * 3.0
    sparse = sparse_depth_from_cloud(edge, camera)
    assert np.argwhere(np.isfinite(sparse)).tolist() == [[0, 0], [47, 63]]
    assert np.isnan(sparse_depth_from_cloud(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, -2.0]]), camera)).all()
    assert sparse_depth_from_cloud(np.array([[0.0, 0.0, 1e-3]]), camera)[24, 32] == np.float32(1e-3)


@pytest.mark.parametrize("degrees", [-88, -75, -60, 0, 72, 85, 89])
def test_a_fisheye_lens_sees_as_far_as_its_image(degrees):
    lens = Camera(np.array([[20.0, 0, 31.5], [0, 20.0, 23.5], [0, 0, 1]]), np.zeros(4), (48, 64), fisheye=True)
    angle = np.radians(degrees)
    sparse = sparse_depth_from_cloud(2.0 * np.array([[np.sin(angle), 0.0, np.cos(angle)]]), lens)
    assert np.argwhere(np.isfinite(sparse)).tolist() == [[24, np.floor(32.0 + 20.0 * angle)]]


def test_a_wide_lens_sees_points_whose_straight_projection_is_beside_the_image():
    K = np.array([[28.0, 0, 31.5], [0, 20.0, 23.5], [0, 0, 1]])
    lens = Camera(K, np.zeros(4), (48, 64), fisheye=True)
    for axis, angle, pixel in ((0, 1.12, (24, 63)), (1, 1.14, (46, 32))):
        point = np.zeros((1, 3))
        point[0, axis], point[0, 2] = 3 * np.sin(angle), 3 * np.cos(angle)
        sparse = sparse_depth_from_cloud(point, lens)
        assert np.argwhere(np.isfinite(sparse)).tolist() == [list(pixel)]
        np.testing.assert_allclose(sparse[pixel], point[0, 2], rtol=1e-6)


def test_a_wide_lens_of_the_rational_model_sees_points_in_every_pixel():
    """Its image of 150 degrees across is the equidistant one: at the edge, straight projection is far beside it."""
    rational = np.array([0.57804, 0.047754, 0, 0, 2.9976e-4, 0.909533, 0.157125, 3.8405e-3])
    lens = Camera(np.array([[24.4, 0, 31.5], [0, 24.4, 23.5], [0, 0, 1]]), rational, (48, 64))
    rays = lens.normalize(np.argwhere(np.ones(lens.image_size))[:, ::-1])
    points = 3.0 * np.column_stack([rays, np.ones(len(rays))])
    assert (sparse_depth_from_cloud(points, lens) == 3.0).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_infinity_is_invalid_whatever_its_type(dtype):
    sparse, dropped = clean_sparse_depth(np.array([[2.0, np.inf, np.nan]], dtype))
    assert dropped == 1
    assert np.isfinite(sparse).tolist() == [[True, False, False]]


def test_depth_that_float32_has_no_room_for_is_invalid():
    sparse, dropped = clean_sparse_depth(np.float32([[2.0, 1e7, 3e38, 0.0]]))
    assert dropped == 2
    assert np.isfinite(sparse).tolist() == [[True, False, False, False]]
    assert np.isnan(sparse_depth_from_points(np.zeros((1, 2)), np.array([1e38]), (2, 2))).all()


def test_points_beyond_the_fold_of_a_lens_model_are_not_seen():
    K = np.array([[320.0, 0, 319.5], [0, 320, 239.5], [0, 0, 1]])
    camera = Camera(K, np.array([-0.45, 0, 0, 0, 0]), (480, 640))
    inside, beyond = np.array([[0.5, 0.0, 1.0]]), np.array([[1.4, 0.0, 1.0]])
    assert np.isfinite(sparse_depth_from_cloud(inside, camera)).sum() == 1
    assert np.isfinite(sparse_depth_from_cloud(beyond, camera)).sum() == 0


def test_of_every_cube_the_first_point_is_kept():
    points = np.array([[0.12, 0, 2], [0.11, 0, 2], [-0.01, 0, 2], [0.12, 0, 1], [0.19, 0.09, 2.09], [0.01, 0, 2]])
    assert one_per_voxel(points, 0.1).tolist() == [0, 2, 3, 5]
    assert one_per_voxel(points[:0], 0.1).tolist() == []


def test_cubes_are_told_apart_wherever_they_lie():
    points = np.random.default_rng(1).uniform(-50, 50, (3000, 3))
    expected = {tuple(cell) for cell in np.floor(points / 2).astype(int)}
    kept = points[one_per_voxel(points, 2)]
    assert len(kept) == len(expected)
    assert {tuple(cell) for cell in np.floor(kept / 2).astype(int)} == expected


def test_depth_is_not_taken_at_holes_edges_or_outside():
    depth = np.full((10, 20), 2.0, np.float32)
    depth[:, 12:] = 3.0
    depth[5, 5] = 0.0
    xy = np.array([[2.4, 2.6], [5, 5], [6, 5], [12, 5], [0, 5], [40, 5], [15, 5]])
    assert depth_at(depth, xy).tolist() == pytest.approx([2.0, np.nan, 2.0, np.nan, np.nan, np.nan, 3.0], nan_ok=True)
