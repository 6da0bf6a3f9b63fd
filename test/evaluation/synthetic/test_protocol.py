import numpy as np
import pytest

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.detectors.registry import Detector, make_detector
from superpoint_ros.evaluation.synthetic.options import SyntheticProtocol
from superpoint_ros.evaluation.synthetic.protocol import detect_corners, drawings, evaluate_synthetic
from superpoint_ros.scenes.synthetic_shapes import SHAPES

PROTOCOL = SyntheticProtocol(images=3)


def test_drawings_are_the_same_every_time_and_differ_between_kinds():
    first, again = (list(drawings("cube", PROTOCOL)) for _ in range(2))
    assert all((a["noisy"] == b["noisy"]).all() for (a, _), (b, _) in zip(first, again, strict=True))
    assert (first[0][0]["clean"] != next(drawings("star", PROTOCOL))[0]["clean"]).any()
    assert first[0][0]["clean"].shape == PROTOCOL.image_size
    assert (first[0][0]["clean"] != first[0][0]["noisy"]).any()


def test_one_image_by_hand():
    xy = np.array([[10, 10], [50, 50], [30, 31]], np.float32)
    features = Features(xy, np.array([0.9, 0.8, 0.7], np.float32), np.zeros((3, 0), np.float32), (60, 60))
    found = detect_corners(
        np.zeros((60, 60), np.uint8),
        np.array([[10, 10], [30, 30], [5, 40]]),
        Detector("fixed", lambda image: features, False, 2.0, {}),
        2.0,
    )
    assert found.correct.tolist() == [True, False, True]
    assert found.error[[0, 2]].tolist() == [0.0, 1.0]
    assert found.corners == 3


def test_corners_where_no_detector_looks_do_not_count():
    xy = np.array([[4, 30], [1, 50], [30, 1]], np.float32)
    features = Features(xy, np.array([0.9, 0.8, 0.7], np.float32), np.zeros((3, 0), np.float32), (60, 60))
    corners = np.array([[4, 31], [3, 50], [57, 57]])
    found = detect_corners(
        np.zeros((60, 60), np.uint8), corners, Detector("fixed", lambda image: features, False, 2.0, {}), 2.0
    )
    assert found.corners == 1
    assert found.score.tolist() == pytest.approx([0.9, 0.7])
    assert found.correct.tolist() == [True, False]


def test_a_detector_that_knows_the_corners_scores_one():
    truth = {
        image.tobytes(): corners
        for kind in SHAPES
        for images, corners in drawings(kind, PROTOCOL)
        for image in images.values()
    }

    def detect(image: np.ndarray) -> Features:
        corners = truth[image.tobytes()].astype(np.float32)
        return Features(
            corners, np.ones(len(corners), np.float32), np.zeros((len(corners), 0), np.float32), image.shape
        )

    rows, (summary,) = evaluate_synthetic([Detector("oracle", detect, False, 2.0, {})], PROTOCOL)
    assert summary["mAP clean"] == summary["mAP noisy"] == summary["AP all noisy"] == 1.0
    assert summary["MLE clean"] == pytest.approx(0.0, abs=1e-4)
    assert {row["kind"] for row in rows if row["corners"] == 0} == {"ellipses", "noise"}


def test_the_papers_ordering_of_classical_detectors():
    """Harris and Shi-Tomasi well above FAST, noise hurting all, random points at chance (paper, table 2)."""
    protocol = SyntheticProtocol(images=5)
    names = ("fast", "harris", "shi", "random")
    _, summary = evaluate_synthetic([make_detector(name, protocol.detector) for name in names], protocol)
    by_name = {row["detector"]: row for row in summary}
    assert min(by_name["harris"]["mAP clean"], by_name["shi"]["mAP clean"]) > by_name["fast"]["mAP clean"] + 0.1
    assert all(row["mAP noisy"] < row["mAP clean"] for name, row in by_name.items() if name != "random")
    assert by_name["random"]["mAP clean"] < 0.03


def test_no_images_are_refused():
    with pytest.raises(ParameterError, match="images=0"):
        SyntheticProtocol(images=0)
