"""The densifier: sizes, scale, samples of every kind, and errors that say what is wrong."""

from __future__ import annotations

import logging
import math

import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_d3_file
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.depth_hints import interpolate_planes
from superpoint_ros.core.errors import BackendError, ImageError
from superpoint_ros.core.sparse_depth import nearest_sample
from superpoint_ros.inference import depth_backend
from superpoint_ros.inference.densifier import Densifier, DensifierOptions, confidence_from_spread, working_size


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return seeded_d3_file(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def densifier(weights):
    return Densifier(weights, device="cpu")


def example(seed: int, size: tuple[int, int], count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sparse = np.full(size[0] * size[1], np.nan, np.float32)
    sparse[rng.choice(sparse.size, count, replace=False)] = rng.uniform(1.0, 4.0, count)
    return rng.integers(0, 256, (*size, 3), dtype=np.uint8), sparse.reshape(size)


@pytest.mark.parametrize("size", [(48, 64), (33, 50), (7, 5), (1, 1)])
def test_the_depth_has_the_size_of_the_image(densifier, size):
    dense = densifier.densify(*example(0, size, 1))
    assert dense.depth.shape == dense.confidence.shape == size
    assert dense.depth.dtype == dense.confidence.dtype == np.float32
    assert (dense.depth > 0).all()
    assert ((dense.confidence >= 0) & (dense.confidence <= 1)).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.02, 50.0), st.sampled_from([1, 5, 400]))
def test_scaled_samples_give_scaled_depth(densifier, seed, scale, count):
    image, sparse = example(seed, (40, 56), count)
    dense, scaled = densifier.densify(image, sparse), densifier.densify(image, sparse * np.float32(scale))
    np.testing.assert_allclose(scaled.depth, dense.depth * scale, rtol=1e-3)
    # Where the network runs in bfloat16, its last bit is worth half a per cent.
    np.testing.assert_allclose(scaled.confidence, dense.confidence, atol=0.01)


def test_zero_and_nan_mean_the_same_and_impossible_samples_are_dropped(densifier, caplog):
    image, sparse = example(1, (32, 48), 60)
    expected = densifier.densify(image, sparse)
    marred = np.nan_to_num(sparse, nan=0.0)
    empty = np.argwhere(marred == 0)
    marred[tuple(empty[0])], marred[tuple(empty[1])] = -3.0, np.inf
    with caplog.at_level(logging.WARNING):
        found = densifier.densify(image, marred)
    np.testing.assert_array_equal(found.depth, expected.depth)
    assert "2 invalid samples (negative or infinite) dropped" in caplog.text


def test_without_samples_nothing_is_known(densifier):
    dense = densifier.densify(np.zeros((20, 30, 3), np.uint8), np.zeros((20, 30), np.float32))
    assert np.isnan(dense.depth).all()
    assert (dense.confidence == 0).all()


def test_without_samples_a_guess_may_be_had_but_never_trusted(weights):
    image, _ = example(6, (40, 60), 0)
    guess = Densifier(weights, device="cpu", options=DensifierOptions(fallback_depth=3.0)).densify(
        image, np.zeros((40, 60), np.float32)
    )
    assert (guess.confidence == 0).all()
    assert np.isfinite(guess.depth).all()
    double = Densifier(weights, device="cpu", options=DensifierOptions(fallback_depth=6.0)).densify(
        image, np.zeros((40, 60), np.float32)
    )
    np.testing.assert_allclose(double.depth, 2 * guess.depth, rtol=1e-5)
    masked = Densifier(weights, device="cpu", options=DensifierOptions(fallback_depth=3.0, min_confidence=0.1))
    assert np.isnan(masked.densify(image, np.zeros((40, 60), np.float32)).depth).all()


@pytest.mark.parametrize(("factor", "words"), [(1000.0, "millimeters"), (0.001, "convert them")])
def test_an_unlikely_unit_is_warned_of_once(weights, caplog, factor, words):
    image, sparse = example(2, (32, 32), 30)
    densifier = Densifier(weights, device="cpu")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            densifier.densify(image, sparse * np.float32(factor))
    assert caplog.text.count(words) == 1


def test_gray_and_both_color_orders_are_taken(densifier):
    image, sparse = example(3, (32, 40), 20)
    np.testing.assert_array_equal(
        densifier.densify(image, sparse).depth, densifier.densify(image[:, :, ::-1], sparse, color="rgb").depth
    )
    gray = image[:, :, 0]
    np.testing.assert_array_equal(
        densifier.densify(gray, sparse).depth, densifier.densify(np.dstack([gray] * 3), sparse).depth
    )


def test_depth_below_the_least_confidence_is_nan(weights):
    image, sparse = example(4, (64, 64), 40)
    everything = Densifier(weights, device="cpu").densify(image, sparse)
    least = float(np.median(everything.confidence))
    masked = Densifier(weights, device="cpu", options=DensifierOptions(min_confidence=least)).densify(image, sparse)
    np.testing.assert_array_equal(masked.confidence, everything.confidence)
    np.testing.assert_array_equal(np.isnan(masked.depth), everything.confidence < least)
    assert 0 < np.isnan(masked.depth).sum() < masked.depth.size


def test_confidence_is_the_probability_of_being_within_ten_percent():
    errors = np.random.default_rng(0).laplace(0.0, 0.08, 200_000)
    expected = np.mean((np.exp(np.abs(errors))) < 1.1)
    assert confidence_from_spread(np.array([[math.log(0.08)]]))[0, 0] == pytest.approx(expected, abs=0.005)


def test_large_images_are_worked_on_smaller(monkeypatch):
    """A stand-in that returns S1 shows which size the network sees, and that depth lands where the samples are."""
    seen = []

    class Nearest:
        device, sha256 = "none", ""

        def __call__(self, rgb, hints):
            seen.append(rgb.shape)
            return hints[2], np.full_like(hints[2], -5.0)

    monkeypatch.setitem(depth_backend.DEPTH_BACKENDS, "nearest", lambda model, options: Nearest())
    sparse = np.full((96, 128), np.nan, np.float32)
    sparse[10, 20], sparse[80, 100] = 2.0, 5.0
    densifier = Densifier("none", backend="nearest", options=DensifierOptions(max_image_size=64))
    dense = densifier.densify(np.zeros((96, 128), np.uint8), sparse)
    assert seen == [(48, 64, 3)]
    truth = nearest_sample(sparse).depth
    assert dense.depth[10, 20] == pytest.approx(2.0)
    assert dense.depth[80, 100] == pytest.approx(5.0)
    assert np.mean(np.abs(dense.depth - truth) > 1e-3) < 0.03


@pytest.mark.parametrize(
    ("size", "samples", "max_image_size", "expected"),
    [
        ((480, 640), 0, 640, (240, 320)),
        ((480, 640), 300, 640, (240, 320)),
        ((480, 640), 1966, 640, (384, 512)),
        ((480, 640), 20_000, 640, (480, 640)),
        ((480, 640), 20_000, 200, (150, 200)),
        ((960, 1280), 100_000, 640, (480, 640)),
        ((60, 80), 3, 640, (60, 80)),
    ],
)
def test_the_network_sees_about_a_hundred_pixels_for_each_sample(size, samples, max_image_size, expected):
    assert working_size(size, samples, max_image_size) == expected


def test_sizes_that_differ_are_refused(densifier):
    with pytest.raises(ImageError, match=r"sparse depth of size \(10, 12\) for an image of size \(20, 24\)"):
        densifier.densify(np.zeros((20, 24, 3), np.uint8), np.ones((10, 12), np.float32))


def test_the_weights_that_ship_beat_what_they_start_from():
    """A wall behind a box that is told apart by its color: the network finds the edge that the planes blur."""
    depth, image = np.full((240, 320), 4.0, np.float32), np.full((240, 320, 3), 200, np.uint8)
    depth[60:180, 100:220], image[60:180, 100:220] = 2.0, (40, 60, 30)
    sparse = np.full(depth.shape, np.nan, np.float32)
    chosen = np.random.default_rng(0).choice(depth.size, 150, replace=False)
    sparse.flat[chosen] = depth.flat[chosen]
    dense = Densifier(device="cpu").densify(image, sparse)
    planes = interpolate_planes(sparse, nearest_sample(sparse).depth)
    error, start = np.abs(dense.depth / depth - 1), np.abs(planes / depth - 1)
    assert error.mean() < 0.5 * start.mean()
    doubtful = dense.confidence < np.median(dense.confidence)
    assert error[~doubtful].mean() < error[doubtful].mean()


def test_options_out_of_range_and_unknown_backends_are_refused(weights):
    with pytest.raises(ValueError, match="max_image_size=8"):
        DensifierOptions(max_image_size=8)
    with pytest.raises(ValueError, match=r"min_confidence=1.5"):
        DensifierOptions(min_confidence=1.5)
    with pytest.raises(ValueError, match=r"fallback_depth=-1"):
        DensifierOptions(fallback_depth=-1.0)
    with pytest.raises(BackendError, match="'abacus' is not one of auto, openvino, torch"):
        Densifier(weights, backend="abacus")


def test_without_a_word_channels_are_in_opencv_s_order(densifier):
    image, sparse = example(3, (32, 40), 20)
    plain, swapped = densifier.densify(image, sparse).depth, densifier.densify(image, sparse, color="rgb").depth
    np.testing.assert_array_equal(plain, densifier.densify(image, sparse, color="bgr").depth)
    assert not np.array_equal(plain, swapped)


def test_an_image_that_could_not_be_read_is_named(densifier):
    sparse = example(3, (32, 40), 20)[1]
    with pytest.raises(ImageError, match=r"image is None.* cv2\.imread"):
        densifier.densify(cv2.imread("absent.png"), sparse)
    with pytest.raises(ImageError, match="sparse depth is None"):
        densifier.densify(np.zeros((32, 40), np.uint8), None)
