import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.image import (
    fit_within,
    pad_to_multiple,
    resize_image,
    resize_points,
    same_aspect,
    to_gray,
    to_rgb,
)

sides = st.integers(1, 40)


def test_gray_stays_as_it_is():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(to_gray(image), image)
    np.testing.assert_array_equal(to_gray(image[:, :, None]), image)


def test_channel_order_is_respected():
    image = np.zeros((2, 2, 3), np.uint8)
    image[..., 0] = 200
    assert to_gray(image, color="bgr")[0, 0] == round(0.114 * 200)
    assert to_gray(image, color="rgb")[0, 0] == round(0.299 * 200)


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros((4, 4), np.float32), "float32"),
        (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\)"),
        (np.zeros((4,), np.uint8), r"\(4,\)"),
        (np.zeros((0, 4), np.uint8), "no pixels"),
        (np.zeros((3, 0, 3), np.uint8), "no pixels"),
        ([[1, 2]], "list"),
    ],
)
def test_bad_images_are_named(image, says):
    with pytest.raises(ImageError, match=says):
        to_gray(image)


def test_bad_color_is_named():
    with pytest.raises(ImageError, match="gbr"):
        to_gray(np.zeros((4, 4, 3), np.uint8), color="gbr")


@given(sides, sides, st.sampled_from([1, 8, 32]))
def test_padding_repeats_the_edge_and_moves_nothing(height, width, multiple):
    image = np.random.default_rng(height * 41 + width).integers(0, 256, (height, width), dtype=np.uint8)
    padded = pad_to_multiple(image, multiple)
    assert padded.shape[0] % multiple == padded.shape[1] % multiple == 0
    assert padded.shape[0] - height < multiple
    assert padded.shape[1] - width < multiple
    np.testing.assert_array_equal(padded[:height, :width], image)
    np.testing.assert_array_equal(padded[height:, :width], np.repeat(image[-1:], padded.shape[0] - height, 0))


@given(sides, sides, sides, sides)
def test_resized_points_come_back(height, width, new_height, new_width):
    xy = np.array([[0, 0], [width - 1, height - 1], [0.3 * width, 0.7 * height]])
    there = resize_points(xy, (height, width), (new_height, new_width))
    np.testing.assert_allclose(resize_points(there, (new_height, new_width), (height, width)), xy, atol=1e-9)


def test_points_follow_the_image_that_opencv_resizes():
    image = np.zeros((80, 120), np.uint8)
    cv2.circle(image, (60, 30), 9, 255, -1)
    resized = resize_image(image, (40, 30)).astype(float)
    y, x = np.indices(resized.shape)
    seen = [(resized * x).sum() / resized.sum(), (resized * y).sum() / resized.sum()]
    np.testing.assert_allclose(resize_points(np.array([[60.0, 30.0]]), (80, 120), (40, 30))[0], seen, atol=0.02)


def test_fit_within_shrinks_and_never_grows():
    assert fit_within((480, 640), 320) == (240, 320)
    assert fit_within((480, 640), 800) == (480, 640)
    assert fit_within((1000, 2), 100) == (100, 1)
    assert fit_within((2, 1000), 100) == (1, 100)


def test_to_rgb_puts_red_first():
    image = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_rgb(image), image[:, :, ::-1])
    np.testing.assert_array_equal(to_rgb(image, color="rgb"), image)
    np.testing.assert_array_equal(to_rgb(image[:, :, :1]), np.dstack([image[:, :, 0]] * 3))
    assert to_rgb(image).flags.c_contiguous
    with pytest.raises(ImageError, match="float64"):
        to_rgb(image.astype(float))


def test_color_images_are_padded_too():
    image = np.random.default_rng(0).integers(0, 256, (5, 9, 3), dtype=np.uint8)
    padded = pad_to_multiple(image, 8)
    assert padded.shape == (8, 16, 3)
    np.testing.assert_array_equal(padded[:5, 9:], np.repeat(image[:, -1:], 7, 1))


@pytest.mark.parametrize(("size", "smaller"), [((32, 48), (8, 12)), ((10, 20), (2, 20)), ((20, 10), (20, 2))])
def test_shrinking_averages_every_pixel_that_is_there(size, smaller):
    image = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    rows, columns = size[0] // smaller[0], size[1] // smaller[1]
    means = image.reshape(smaller[0], rows, smaller[1], columns).mean(axis=(1, 3))
    np.testing.assert_allclose(resize_image(image, smaller), means, atol=0.51)


@pytest.mark.parametrize("tall", [False, True])
def test_growing_interpolates(tall):
    image = np.array([[0, 100]], np.uint8)
    grown = resize_image(image.T, (4, 2)).T if tall else resize_image(image, (2, 4))
    assert grown.tolist() == [[0, 25, 75, 100]] * 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((480, 640), (480, 640), True),
        ((480, 640), (240, 320), True),
        ((480, 640), (241, 322), True),  # 240.0 rows would be right at half, 241.5 at this width
        ((480, 640), (242, 320), False),
        ((480, 640), (238, 320), False),
        ((480, 640), (480, 480), False),
        ((480, 640), (640, 480), False),
        ((100, 300), (2, 3), False),
        ((100, 300), (1, 3), True),
        ((0, 0), (480, 640), False),
        ((0, 640), (480, 640), False),
        ((0, 640), (0, 640), False),
    ],
)
def test_images_of_one_aspect_differ_by_less_than_a_pixel_at_one_width(one, other, same):
    assert same_aspect(one, other) == same_aspect(other, one) == same
