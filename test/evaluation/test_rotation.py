"""The benchmark of roll angles, benchmarks/rotation.py."""

import cv2
import numpy as np
import pytest
from rotation import roll_scores, rolled_view

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import make_detector
from superpoint_ros.scenes.collage import draw_collage


def blob_image() -> np.ndarray:
    image = np.zeros((100, 140), np.float32)
    image[40, 80] = 255.0
    blurred = cv2.GaussianBlur(image, (0, 0), 2.0)
    return (blurred * 255.0 / blurred.max()).astype(np.uint8)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 200.0])
def test_the_homography_says_where_a_point_comes_to_lie(angle):
    view, homography = rolled_view(blob_image(), angle)
    y, x = np.unravel_index(view.argmax(), view.shape)
    assert np.linalg.norm(warp_points(np.array([[80.0, 40.0]]), homography)[0] - (x, y)) < 1.0


@pytest.mark.parametrize("angle", [15.0, 45.0, 135.0])
def test_no_view_shows_what_lies_outside_the_image(angle):
    view, _ = rolled_view(np.full((60, 90), 200, np.uint8), angle)
    assert view.shape == (42, 42)
    assert view.min() == 200


def test_an_upright_view_matches_itself_and_chance_matches_nothing():
    image = draw_collage(np.random.default_rng(1), (240, 320))
    options = DetectorOptions(max_keypoints=100)
    (itself,) = roll_scores(make_detector("sift", options), image, [0.0])
    assert itself.right == itself.total > 20
    (chance,) = roll_scores(make_detector("random", options), image, [90.0])
    assert chance.right < 0.1 * chance.total
