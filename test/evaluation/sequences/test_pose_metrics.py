import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from superpoint_ros.evaluation.sequences.pose_metrics import (
    direction_error,
    epipolar_distance,
    fundamental_matrix,
    pose_error,
    rotation_error,
)

CAMERA0 = np.array([[500.0, 0, 320], [0, 510, 240], [0, 0, 1]])
CAMERA1 = np.array([[450.0, 0, 300], [0, 440, 250], [0, 0, 1]])


def relative_pose() -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", [4, -7, 2], degrees=True).as_matrix()
    pose[:3, 3] = [0.4, -0.1, 0.2]
    return pose


def pixels_in_both(count: int = 50) -> tuple[np.ndarray, np.ndarray]:
    pose = relative_pose()
    points = np.random.default_rng(0).uniform((-2, -2, 4), (2, 2, 9), (count, 3))
    seen0 = points @ CAMERA0.T
    seen1 = (points @ pose[:3, :3].T + pose[:3, 3]) @ CAMERA1.T
    return seen0[:, :2] / seen0[:, 2:], seen1[:, :2] / seen1[:, 2:]


@given(st.floats(0, 180), st.integers(0, 1000))
def test_rotation_error_is_the_angle_turned(angle, seed):
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    start = Rotation.random(random_state=seed).as_matrix()
    turned = Rotation.from_rotvec(np.radians(angle) * axis / np.linalg.norm(axis)).as_matrix() @ start
    assert rotation_error(turned, start) == pytest.approx(angle, abs=1e-5)
    assert rotation_error(start, turned) == pytest.approx(angle, abs=1e-5)


def test_direction_error_by_hand():
    assert direction_error(np.array([1.0, 0, 0]), np.array([3.0, 3.0, 0])) == pytest.approx(45.0)
    assert direction_error(np.array([0, 0, 2.0]), np.array([0, 0, -5.0])) == pytest.approx(0.0)
    assert direction_error(np.array([0, 1.0, 0]), np.array([1.0, 0, 0])) == pytest.approx(90.0)


def test_pose_error_is_the_larger_angle():
    true = relative_pose()
    turned = Rotation.from_euler("z", 10, degrees=True).as_matrix()
    assert pose_error(true[:3, :3], 7 * true[:3, 3], true) == pytest.approx(0.0, abs=1e-6)
    assert pose_error(turned @ true[:3, :3], true[:3, 3], true) == pytest.approx(10.0)
    assert pose_error(true[:3, :3], np.cross(true[:3, 3], [1.0, 0, 0]), true) == pytest.approx(90.0)


def test_random_directions_are_57_degrees_off_on_average():
    directions = np.random.default_rng(0).normal(size=(4000, 3))
    errors = [direction_error(direction, np.array([0, 0, 1.0])) for direction in directions]
    assert np.mean(errors) == pytest.approx(np.degrees(1.0), abs=1.0)


def test_projected_points_lie_on_their_epipolar_lines():
    fundamental = fundamental_matrix(CAMERA0, CAMERA1, relative_pose())
    assert epipolar_distance(*pixels_in_both(), fundamental).max() < 1e-9


def test_epipolar_distance_by_hand():
    sideways = np.eye(4)
    sideways[0, 3] = 1.0
    camera = np.diag([100.0, 100.0, 1.0])
    fundamental = fundamental_matrix(camera, camera, sideways)
    distance = epipolar_distance(np.array([[10.0, 20.0]]), np.array([[90.0, 27.0]]), fundamental)
    assert distance == pytest.approx([7.0])  # rows must agree for a sideways camera


def test_without_a_baseline_there_are_no_epipolar_lines():
    turned = relative_pose()
    turned[:3, 3] = 0.0
    fundamental = fundamental_matrix(CAMERA0, CAMERA1, turned)
    assert np.isnan(epipolar_distance(*pixels_in_both(), fundamental)).all()


def test_epipolar_distance_is_the_same_in_both_directions_and_at_any_scale():
    xy0, xy1 = pixels_in_both()
    noisy = xy1 + np.random.default_rng(3).normal(0, 5, xy1.shape)
    fundamental = fundamental_matrix(CAMERA0, CAMERA1, relative_pose())
    distance = epipolar_distance(xy0, noisy, fundamental)
    assert epipolar_distance(noisy, xy0, -3 * fundamental.T) == pytest.approx(distance)
    assert distance.max() > 1.0
