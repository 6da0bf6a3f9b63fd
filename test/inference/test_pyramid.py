from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.made_up_scenes import texture
from helpers.seeded import seeded_weights_file
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.decode_options import DecodeOptions, ResolvedDecodeOptions
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.matching import match
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.pyramid import extract_at_scales, pyramid_sizes

SCALES = (1.0, 0.7071, 0.5, 0.3536)
scale_lists = st.lists(st.floats(0.1, 4.0), min_size=1, max_size=4, unique=True).map(tuple)


class FakeBackend:
    """Finds what `find` finds in an image, and remembers the images it was given."""

    def __init__(self, find):
        self.find = find
        self.batches = []

    def __call__(self, images, options):
        self.batches.append(images)
        return [self.find(image) for image in images]


def keypoints(xy, score):
    """With the score as the descriptor, so that rows can be told apart."""
    score = np.float32(score)
    return np.float32(xy).reshape(-1, 2), score, score[:, None]


def brightest_place(image):
    """The center of mass of an image, as strong as the image is wide."""
    weight = image.astype(np.float64)
    y, x = np.indices(image.shape)
    return keypoints([(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()], [image.shape[1]])


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return seeded_weights_file(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize(
    ("size", "scales", "expected"),
    [
        ((480, 640), (1.0,), [(480, 640)]),
        ((480, 640), (0.5, 2.0, 1.0), [(960, 1280), (480, 640), (240, 320)]),
        ((375, 1242), (0.3536,), [(133, 439)]),
        ((100, 64), (1.0, 0.5, 0.4), [(100, 64), (50, 32)]),
        ((20, 20), (1.0, 0.5), [(20, 20)]),
        ((20, 20), (0.5, 0.25), [(10, 10)]),
        ((40, 1), (0.1,), [(4, 1)]),
        ((100, 100), (1.0, 0.999, 0.5, 0.501), [(100, 100), (50, 50)]),
    ],
)
def test_sizes(size, scales, expected):
    assert pyramid_sizes(size, scales) == expected


@settings(deadline=None)
@given(st.integers(32, 90), st.integers(32, 90), scale_lists, st.integers(0, 1000))
def test_coordinates_come_back_from_every_scale(height, width, scales, seed):
    xy = np.random.default_rng(seed).uniform((-0.5, -0.5), (width - 0.5, height - 0.5), (5, 2))

    def find(image):
        """The same five points wherever they are after the resize."""
        ratio = np.array([image.shape[1] / width, image.shape[0] / height])
        return keypoints((xy + 0.5) * ratio - 0.5, np.full(5, 0.5))

    ((got, _, _),) = extract_at_scales(
        FakeBackend(find), picture(height, width)[None], ResolvedDecodeOptions(scales=scales)
    )
    assert got.dtype == np.float32
    assert len(got) == 5 * len(pyramid_sizes((height, width), scales))
    np.testing.assert_allclose(got, np.tile(xy, (len(got) // 5, 1)), atol=1e-4)


@pytest.mark.parametrize("scale", [0.3536, 0.5, 0.7071, 1.0, 1.5, 2.0])
def test_a_spot_stays_where_it_is_in_images_really_resized(scale):
    image = np.zeros((120, 161), np.uint8)
    cv2.circle(image, (100, 45), 12, 255, -1)
    ((got, _, _),) = extract_at_scales(
        FakeBackend(brightest_place), image[None], ResolvedDecodeOptions(scales=(scale,))
    )
    np.testing.assert_allclose(got, [[100, 45]], atol=0.05)


def test_images_of_one_size_are_one_batch_per_scale():
    backend = FakeBackend(brightest_place)
    images = np.stack([picture(64, 96, seed) for seed in range(3)])
    found = extract_at_scales(backend, images, ResolvedDecodeOptions(scales=(0.5, 1.0)))
    assert [batch.shape for batch in backend.batches] == [(3, 64, 96), (3, 32, 48)]
    assert backend.batches[0] is images
    assert len(found) == 3


def test_the_strongest_of_all_scales_are_kept_in_order():
    found = {64: keypoints([[1, 1], [2, 2], [3, 3]], [0.9, 0.5, 0.1]), 32: keypoints([[4, 4], [5, 5]], [0.7, 0.5])}
    backend = FakeBackend(lambda image: found[len(image)])
    options = ResolvedDecodeOptions(scales=(1.0, 0.5), max_keypoints=4)
    ((xy, score, descriptors),) = extract_at_scales(backend, picture(64, 64)[None], options)
    assert score.tolist() == pytest.approx([0.9, 0.7, 0.5, 0.5])
    assert xy.tolist() == [[1, 1], [8.5, 8.5], [2, 2], [10.5, 10.5]]
    assert descriptors[:, 0].tolist() == score.tolist()


def test_the_grid_spreads_the_keypoints_of_all_scales():
    found = {64: keypoints([[1, 1], [2, 2], [3, 3]], [0.9, 0.8, 0.7]), 32: keypoints([[31, 31]], [0.1])}
    backend = FakeBackend(lambda image: found[len(image)])
    options = ResolvedDecodeOptions(scales=(1.0, 0.5), max_keypoints=2, grid_rows=2, grid_columns=2)
    ((xy, score, _),) = extract_at_scales(backend, picture(64, 64)[None], options)
    assert xy.tolist() == [[1, 1], [62.5, 62.5]]
    assert score.tolist() == pytest.approx([0.9, 0.1])


def test_scale_one_is_the_backend_alone(weights):
    options = DecodeOptions(detection_threshold=0.05, subpixel=True, scales=[1.0])
    assert options == DecodeOptions(detection_threshold=0.05, subpixel=True)
    extractor = Extractor(weights, device="cpu", options=options)
    image = picture(70, 90)
    features = extractor.extract(image)
    ((xy, score, descriptors),) = extractor._backend(image[None], extractor.resolved_options)
    assert len(features) > 20
    assert features.xy.tobytes() == xy.tobytes()
    assert features.score.tobytes() == score.tobytes()
    assert features.descriptors.tobytes() == descriptors.tobytes()


def test_more_scales_give_the_keypoints_of_each(weights):
    image = picture(96, 128)
    extractor = Extractor(weights, device="cpu")

    def extract(*scales):
        extractor.options = DecodeOptions(detection_threshold=0.05, max_keypoints=None, subpixel=True, scales=scales)
        return extractor.extract(image)

    both = extract(1.0, 0.5)
    single = [extract(scale) for scale in (1.0, 0.5)]
    assert min(len(features) for features in single) > 10
    assert both.image_size == (96, 128)
    assert np.all(np.diff(both.score) <= 0)
    expected = np.concatenate([np.c_[features.xy, features.score, features.descriptors] for features in single])
    order = np.argsort(-expected[:, 2], kind="stable")
    np.testing.assert_array_equal(np.c_[both.xy, both.score, both.descriptors], expected[order])


def right_matches(extractor: Extractor, image: np.ndarray, ratio: float) -> int:
    """How many mutual nearest neighbors of an image and its shrunk copy are the same place, within 3 pixels."""
    height, width = (round(side * ratio) for side in image.shape)
    one, other = extractor.extract([image, cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)])
    matches = match(one.descriptors, other.descriptors)
    expected = (one.xy[matches.index0] + 0.5) * [width / image.shape[1], height / image.shape[0]] - 0.5
    return int((np.linalg.norm(expected - other.xy[matches.index1], axis=1) <= 3 * ratio).sum())


def test_a_shrunk_copy_is_matched_better_at_several_scales():
    image = texture(3, (240, 320))
    single, several = (
        Extractor(device="cpu", options=DecodeOptions(max_keypoints=300, scales=scales)) for scales in ((1.0,), SCALES)
    )
    assert right_matches(single, image, 0.6) > 20
    assert right_matches(several, image, 0.5) > 20 + 2 * right_matches(single, image, 0.5)


@pytest.mark.parametrize(
    ("limit", "sizes"),
    [(None, [(64, 96), (32, 48)]), (96, [(64, 96), (32, 48)]), (500, [(64, 96), (32, 48)]), (48, [(32, 48)])],
)
def test_images_are_shrunk_to_the_largest_size_before_the_scales(limit, sizes):
    backend = FakeBackend(brightest_place)
    extract_at_scales(backend, picture(64, 96)[None], ResolvedDecodeOptions(scales=(1.0, 0.5), max_image_size=limit))
    assert [batch.shape[1:] for batch in backend.batches] == sizes


@pytest.mark.parametrize("limit", [32, 100, 160])
def test_keypoints_of_a_shrunk_image_are_in_its_own_pixels(limit):
    image = np.zeros((120, 161), np.uint8)
    cv2.circle(image, (100, 45), 12, 255, -1)
    options = ResolvedDecodeOptions(max_image_size=limit)
    ((got, _, _),) = extract_at_scales(FakeBackend(brightest_place), image[None], options)
    np.testing.assert_allclose(got, [[100, 45]], atol=0.1)


def test_features_of_a_shrunk_image_have_its_size(weights):
    options = DecodeOptions(detection_threshold=0.05, max_image_size=64)
    features = Extractor(weights, device="cpu", options=options).extract(picture(96, 128))
    assert features.image_size == (96, 128)
    assert len(features) > 10
    assert features.xy.max(axis=0)[0] > 64


@pytest.mark.parametrize("scales", [(), (0.0,), (-1.0,), (4.5,), (1.0, 1.0), (1.0, float("nan")), (float("inf"),)])
def test_scales_out_of_range_are_named(scales):
    with pytest.raises(ParameterError, match=r"scales=\[.* (is not between|has 0 values|must be different)"):
        DecodeOptions(scales=scales)
