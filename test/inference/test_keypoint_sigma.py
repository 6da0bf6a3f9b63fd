from dataclasses import replace

import cv2
import numpy as np
import pytest
from helpers.shared_data import shared_data

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.core.matching import match
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.models import find_model

EXTRACTOR = Extractor(device="cpu", options=DecodeOptions(max_keypoints=300))
IMAGE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (160, 240), np.uint8), (0, 0), 3)


def extract(image=IMAGE, **changes):
    EXTRACTOR.options = replace(DecodeOptions(max_keypoints=300), **changes)
    return EXTRACTOR.extract(image)


def test_the_surer_a_keypoint_the_smaller_its_sigma():
    features = extract()
    assert features.sigma.dtype == np.float32
    assert (np.diff(features.sigma) >= 0).all()  # strongest first
    assert 0.2 < features.sigma.min() <= features.sigma.max() < 1.0


def test_in_an_image_that_was_shrunk_sigma_is_of_the_pixels_as_received():
    large = cv2.resize(IMAGE, None, fx=2, fy=2)
    shrunk, whole = (
        extract(large, max_image_size=240),
        extract(cv2.resize(large, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)),
    )
    assert shrunk.sigma == pytest.approx(2 * whole.sigma, rel=1e-5)


@pytest.mark.parametrize("changes", [{"scales": (1.0, 0.5)}, {"subpixel": False}])
def test_where_the_fit_does_not_hold_sigma_is_unknown(changes):
    assert extract(**changes).sigma is None


def test_weights_without_a_fit_have_no_sigma(tmp_path):
    assert find_model(model="magicpoint").keypoint_variance is None
    file = tmp_path / "model.yaml"
    file.write_text("file: some.safetensors\nkeypoint_variance: [0.1, -1, 2]\n")
    with pytest.raises(CheckpointError, match="three positive numbers"):
        find_model(model=str(file))


@pytest.mark.parametrize("model", ["superpoint", "superpoint_lite"])
def test_errors_under_a_change_of_light_are_as_large_as_claimed(model):
    """A static camera whose exposure changes: normalized errors of matches have variance 1, within 20 %."""
    extractor, normalized = Extractor(model=model, device="cpu", options=DecodeOptions(max_keypoints=500)), []
    for scene, other in (("i_leuven", 4), ("i_leuven", 6), ("i_uk_01", 2), ("i_Church", 2)):
        folder = shared_data(f"homography/{scene}")
        first, second = (cv2.imread(str(folder / f"{number}.png"), cv2.IMREAD_GRAYSCALE) for number in (1, other))
        features = [extractor.extract(image) for image in (first, second)]
        pairs = match(*(one.descriptors for one in features), max_descriptor_distance=0.7)
        xy0, xy1 = features[0].xy[pairs.index0], features[1].xy[pairs.index1]
        truth = np.loadtxt(folder / f"H_1_{other}")
        error = xy1 - cv2.perspectiveTransform(xy0[None].astype(np.float64), truth)[0]
        variance = features[0].sigma[pairs.index0] ** 2 + features[1].sigma[pairs.index1] ** 2
        near = np.linalg.norm(error, axis=1) <= 3.0
        normalized.append((error / np.sqrt(variance)[:, None])[near])
    assert 0.8 <= np.concatenate(normalized).var() <= 1.2
