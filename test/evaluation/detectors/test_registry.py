import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_weights_file

from superpoint_ros.core.errors import CheckpointError, DetectorError
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import DETECTORS, make_detector
from superpoint_ros.networks.weights_file import file_sha256

HAS_AKAZE = hasattr(cv2, "AKAZE_create") or hasattr(getattr(cv2, "xfeatures2d", None), "AKAZE_create")
OPENCV = ["sift", "rootsift", "orb", "fast", "harris", "shi", *(["akaze"] if HAS_AKAZE else [])]


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Gray rectangles, a little blurred: corners for every detector."""
    rng = np.random.default_rng(0)
    canvas = np.full((160, 200), 90, np.uint8)
    for _ in range(25):
        x, y, width, height = rng.integers((0, 0, 10, 10), (180, 140, 60, 60))
        cv2.rectangle(canvas, (int(x), int(y)), (int(x + width), int(y + height)), int(rng.integers(256)), -1)
    return cv2.GaussianBlur(canvas, (3, 3), 0)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seeded_weights_file(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize("name", [*OPENCV, "random"])
def test_every_detector_keeps_the_protocol(name: str, image: np.ndarray):
    detector = make_detector(name, DetectorOptions(max_keypoints=40))
    features = detector.detect(image)
    assert 10 < len(features) <= 40
    assert features.xy.dtype == features.score.dtype == features.descriptors.dtype == np.float32
    assert (np.diff(features.score) <= 0).all()
    assert (features.xy >= 0).all()
    assert (features.xy <= [199, 159]).all()
    assert features.image_size == (160, 200)
    assert (features.descriptors.shape[1] > 0) == detector.describes
    if detector.describes:
        assert np.linalg.norm(features.descriptors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert detector.settings


@pytest.mark.parametrize("name", [*OPENCV, "random"])
def test_the_same_image_gives_the_same_features(name: str, image: np.ndarray):
    first, second = (make_detector(name, DetectorOptions()).detect(image.copy()) for _ in range(2))
    assert (first.xy == second.xy).all()
    assert (first.descriptors == second.descriptors).all()


@pytest.mark.parametrize("name", OPENCV)
def test_a_blank_image_has_no_points(name: str, image: np.ndarray):
    detector = make_detector(name, DetectorOptions())
    features = detector.detect(np.full((160, 200), 90, np.uint8))
    assert len(features) == 0
    assert features.descriptors.shape[1] == detector.detect(image).descriptors.shape[1]


def test_corners_are_where_they_are():
    canvas = np.zeros((60, 80), np.uint8)
    canvas[20:41, 30:56] = 200
    corners = {(30, 20), (55, 20), (30, 40), (55, 40)}
    for name in ("harris", "shi", "fast"):
        features = make_detector(name, DetectorOptions(max_keypoints=4)).detect(cv2.GaussianBlur(canvas, (5, 5), 0))
        for x, y in corners:
            assert np.linalg.norm(features.xy - [x, y], axis=1).min() <= 2.0, name


@pytest.mark.parametrize("name", ["fast", "harris", "shi"])
def test_suppression_keeps_points_apart(name: str, image: np.ndarray):
    xy = make_detector(name, DetectorOptions(nms_radius=6)).detect(image).xy
    apart = np.abs(xy[:, None] - xy).max(axis=2) + 100 * np.eye(len(xy))
    assert apart.min() > 6


def test_rootsift_is_sift_with_other_descriptors(image: np.ndarray):
    sift, root = (make_detector(name, DetectorOptions()).detect(image) for name in ("sift", "rootsift"))
    assert (sift.xy == root.xy).all()
    squared = sift.descriptors / sift.descriptors.sum(axis=1, keepdims=True)
    assert root.descriptors**2 == pytest.approx(squared, abs=1e-4)


def test_random_points_differ_between_images_and_seeds(image: np.ndarray):
    points = make_detector("random", DetectorOptions()).detect(image).xy
    assert (points != make_detector("random", DetectorOptions()).detect(image[:, ::-1]).xy).any()
    assert (points != make_detector("random", DetectorOptions(seed=1)).detect(image).xy).any()
    assert points.mean(axis=0) == pytest.approx([99.5, 79.5], rel=0.1)


def test_superpoint_with_weights_of_ones_own(weights: Path, image: np.ndarray):
    detector = make_detector(f"superpoint:{weights}", DetectorOptions(max_keypoints=30, detection_threshold=0.0))
    features = detector.detect(image)
    assert len(features) == 30
    assert features.descriptors.shape == (30, 256)
    assert detector.settings["weights_sha256"] == file_sha256(weights)
    assert detector.settings["nms_radius"] == 4


@pytest.mark.parametrize(
    ("name", "describes"), [("superpoint", True), ("superpoint_lite", True), ("magicpoint", False)]
)
def test_the_weights_that_ship(name: str, describes: bool, image: np.ndarray):
    detector = make_detector(name, DetectorOptions(max_keypoints=50))
    assert detector.describes == describes
    assert detector.settings["model"] == name
    assert len(detector.detect(image)) > 10


def test_absent_weights_are_an_error():
    with pytest.raises(CheckpointError, match="no such file"):
        make_detector("superpoint:absent.safetensors", DetectorOptions())


def test_unknown_names_list_what_there_is():
    with pytest.raises(DetectorError, match=f"'surf' is not one of {', '.join(DETECTORS)}"):
        make_detector("surf", DetectorOptions())


@pytest.mark.skipif(HAS_AKAZE, reason="this OpenCV has AKAZE")
def test_akaze_where_opencv_lacks_it():
    with pytest.raises(DetectorError, match="opencv-contrib-python-headless"):
        make_detector("akaze", DetectorOptions())


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("some_detectors")
    monkeypatch.setitem(sys.modules, "some_detectors", module)
    return module


def test_a_plugged_function(plug: types.ModuleType, image: np.ndarray):
    plug.binary = lambda image: ([[1, 2], [3, 4]], [0.1, 0.9], np.array([[0], [255]], np.uint8))
    detector = make_detector("python:some_detectors.binary", DetectorOptions())
    features = detector.detect(image)
    assert detector.describes
    assert features.xy.tolist() == [[3, 4], [1, 2]]
    assert features.descriptors[0] == pytest.approx(np.sqrt(1 / 8))


def test_a_plugged_function_without_descriptors(plug: types.ModuleType, image: np.ndarray):
    plug.points = lambda image: (np.ones((5, 2)), np.arange(5), None)
    detector = make_detector("python:some_detectors.points", DetectorOptions(max_keypoints=3))
    assert not detector.describes
    assert detector.detect(image).score.tolist() == [4, 3, 2]


def test_plugs_that_do_not_fit(plug: types.ModuleType, image: np.ndarray):
    plug.transposed = lambda image: (np.ones((2, 5)), np.arange(5), None)
    with pytest.raises(DetectorError, match=r"must return points \(N, 2\)"):
        make_detector("python:some_detectors.transposed", DetectorOptions()).detect(image)
    for name in ("python:some_detectors.absent", "python:absent_module.function", "python:nothing"):
        with pytest.raises(DetectorError, match="expected a FUNCTION"):
            make_detector(name, DetectorOptions())
