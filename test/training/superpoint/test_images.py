import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.geometry import warp_points
from superpoint_ros.training.superpoint.images import find_images, random_cover, read_gray, size_of_area

sides = st.integers(20, 600)


@given(sides, sides, st.integers(64, 100_000))
def test_size_of_area_keeps_the_shape(height, width, area):
    size = size_of_area((height, width), area)
    assert all(side % 8 == 0 and side >= 8 for side in size)
    scale = min(1.0, (area / (height * width)) ** 0.5)
    for side, original in zip(size, (height, width), strict=True):
        assert abs(side - max(8, original * scale)) <= 4.001


@given(sides, sides, st.integers(0, 100))
def test_random_cover_has_the_size_and_covers(height, width, seed):
    image = np.zeros((height, width), np.uint8)
    crop, matrix = random_cover(image, (48, 64), np.random.default_rng(seed))
    assert crop.shape == (48, 64)
    corners = warp_points([[-0.5, -0.5], [63.5, 47.5]], np.linalg.inv(matrix))
    assert np.all(corners >= -0.5 - 1e-6)
    assert np.all(corners <= np.array([width, height]) - 0.5 + 1e-6)


def test_random_cover_moves_points_as_its_matrix_says():
    image = np.zeros((120, 200), np.uint8)
    cv2.circle(image, (100, 60), 6, 255, -1)
    crop, matrix = random_cover(image, (72, 96), np.random.default_rng(2))
    weight = crop.astype(float)
    y, x = np.mgrid[:72, :96]
    center = [(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()]
    np.testing.assert_allclose(center, warp_points([[100, 60]], matrix)[0], atol=0.05)


def test_images_are_listed_with_their_folders(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("z.PNG", "b/a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [str(path) for path in find_images(tmp_path)] == ["b/a.jpg", "z.PNG"]


def test_a_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"bad\.png"):
        read_gray(tmp_path / "bad.png")
