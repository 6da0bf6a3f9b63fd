import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.evaluation.metrics.keypoints import (
    in_shared_region,
    match_detections,
    nearest_distance,
    repeatability,
)

IDENTITY = np.eye(3)
SHIFT = np.array([[1.0, 0, 10], [0, 1, 0], [0, 0, 1]])
PERSPECTIVE = np.array([[1.05, 0.08, 4.0], [-0.06, 0.95, 7.0], [2e-4, -1e-4, 1.0]])


def random_points(seed: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).uniform((0, 0), (320, 240), (count, 2))


def test_shared_region_by_hand():
    xy = np.array([[0.0, 0.0], [89.0, 5.0], [90.0, 5.0], [50.0, 49.0], [50.0, 49.1]])
    assert in_shared_region(xy, SHIFT, (50, 100)).tolist() == [True, True, False, True, False]


def test_points_behind_the_other_camera_are_not_shared():
    homography = np.array([[1.0, 0, 0], [0, 1, 0], [-0.01, 0, 1]])
    xy = np.array([[50.0, 10.0], [150.0, -10.0]])  # the second warps to (-300, 20) with a negative third coordinate
    mirrored = np.array([[1.0, 0, 400], [0, 1, 0], [-0.01, 0, 1]])
    assert in_shared_region(xy, homography, (100, 200)).tolist() == [True, False]
    assert not in_shared_region(np.array([[390.0, 0.0]]), mirrored, (100, 2000)).any()


@given(st.floats(0.1, 10), st.booleans())
def test_shared_region_ignores_the_scale_of_the_homography(scale, negative):
    xy = random_points(0)
    factor = -scale if negative else scale
    expected = in_shared_region(xy, PERSPECTIVE, (240, 320))
    assert (in_shared_region(xy, factor * PERSPECTIVE, (240, 320)) == expected).all()


def test_nearest_distance_by_hand():
    others = np.array([[3.0, 4.0], [10.0, 0.0]])
    assert nearest_distance(np.array([[0.0, 0.0], [9.0, 0.0]]), others).tolist() == [5.0, 1.0]
    assert nearest_distance(np.zeros((2, 2)), np.zeros((0, 2))).tolist() == [np.inf, np.inf]


def test_repeatability_by_hand():
    xy0 = np.array([[20.0, 20.0], [60.0, 20.0]])
    xy1 = np.array([[32.0, 20.0], [90.0, 20.0], [150.0, 50.0]])  # the first is 2 px off, the others far
    result = repeatability(xy0, xy1, SHIFT, threshold=3.0)
    assert result.score == pytest.approx(2 / 5)
    assert result.localization_error == pytest.approx(2.0)


def test_the_threshold_itself_counts():
    assert repeatability(np.zeros((1, 2)), np.array([[3.0, 0.0]]), IDENTITY, threshold=3.0).score == 1.0
    assert repeatability(np.zeros((1, 2)), np.array([[3.01, 0.0]]), IDENTITY, threshold=3.0).score == 0.0


def test_perfect_points_repeat_with_no_error():
    xy0 = random_points(1)
    result = repeatability(xy0, warp_points(xy0, PERSPECTIVE), PERSPECTIVE)
    assert result.score == 1.0
    assert result.localization_error == pytest.approx(0.0, abs=1e-9)


def test_no_points_repeat_nothing():
    nothing = repeatability(np.zeros((0, 2)), np.zeros((0, 2)), IDENTITY)
    assert nothing.score == 0.0
    assert np.isnan(nothing.localization_error)
    assert repeatability(np.zeros((0, 2)), random_points(0), IDENTITY).score == 0.0


def test_random_points_repeat_at_chance():
    size, count, radius = 1000.0, 2000, 3.0
    rng = np.random.default_rng(2)
    xy0, xy1 = rng.uniform(0, size, (2, count, 2))
    chance = 1 - (1 - np.pi * radius**2 / size**2) ** count
    result = repeatability(xy0, xy1, IDENTITY, radius)
    assert result.score == pytest.approx(chance, abs=0.01)
    assert result.localization_error == pytest.approx(2 / 3 * radius, abs=0.15)


@given(st.integers(0, 1000), st.floats(0, 360))
def test_repeatability_is_the_same_in_both_directions_of_a_rigid_motion(seed, angle):
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    motion = np.array([[cosine, -sine, 20], [sine, cosine, -7], [0, 0, 1]])
    xy0, xy1 = random_points(seed), random_points(seed + 1, 45)
    forward = repeatability(xy0, xy1, motion, 12.0)
    backward = repeatability(xy1, xy0, np.linalg.inv(motion), 12.0)
    assert backward.score == pytest.approx(forward.score)
    assert backward.localization_error == pytest.approx(forward.localization_error, nan_ok=True)


def test_errors_are_in_pixels_of_the_second_image():
    zoom = np.diag([2.0, 2.0, 1.0])
    result = repeatability(np.array([[10.0, 10.0]]), np.array([[23.0, 20.0]]), zoom, threshold=3.0)
    assert result.score == 1.0
    assert result.localization_error == 3.0


@given(st.integers(0, 1000), st.floats(0.5, 4))
def test_repeatability_is_the_same_at_any_scale(seed, scale):
    xy0, xy1 = random_points(seed), random_points(seed + 1)
    result = repeatability(xy0, xy1, IDENTITY, 10.0)
    scaled = repeatability(xy0 * scale, xy1 * scale, IDENTITY, 10.0 * scale)
    assert scaled.score == pytest.approx(result.score)
    assert scaled.localization_error == pytest.approx(scale * result.localization_error, nan_ok=True)


def test_a_corner_is_hit_once_and_by_the_strongest():
    xy = np.array([[10.0, 11.0], [10.0, 10.0], [30.0, 30.0]])
    correct, error = match_detections(xy, np.array([0.9, 0.5, 0.7]), np.array([[10.0, 10.0], [31.0, 30.0]]), 2.0)
    assert correct.tolist() == [True, False, True]
    assert error[0] == pytest.approx(1.0)
    assert error[2] == pytest.approx(1.0)
    assert np.isnan(error[1])


def test_a_second_detection_takes_the_next_free_corner():
    corners = np.array([[10.0, 10.0], [12.0, 10.0]])
    correct, error = match_detections(np.array([[10.0, 10.0], [10.5, 10.0]]), np.array([0.9, 0.8]), corners, 2.0)
    assert correct.all()
    assert error.tolist() == [0.0, 1.5]


def test_detections_without_corners_are_all_wrong():
    correct, error = match_detections(random_points(0), np.ones(60), np.zeros((0, 2)), 2.0)
    assert not correct.any()
    assert np.isnan(error).all()


@given(st.integers(0, 1000))
def test_detections_at_the_corners_are_all_right_in_any_order(seed):
    corners = random_points(seed)
    order = np.random.default_rng(seed).permutation(len(corners))
    correct, error = match_detections(corners[order], np.arange(60.0), corners, 2.0)
    assert correct.all()
    assert error.max() == 0.0
