import numpy as np
import pytest
from helpers.point_clouds_seen import CLOUD, POSES, see

from superpoint_ros.evaluation.odometry.options import OdometryOptions

pytest.importorskip("gtsam")
from superpoint_ros.evaluation.odometry.window import adjust


def test_a_disturbed_window_comes_back():
    rng = np.random.default_rng(0)
    frames = dict(enumerate(see(POSES)))
    poses = {number: pose.copy() for number, pose in enumerate(POSES)}
    poses[3][:3, 3] += [0.03, -0.02, 0.02]
    points = {number: point + rng.normal(0, 0.02, 3) for number, point in enumerate(CLOUD)}
    adjust(range(len(POSES)), frames, poses, points, OdometryOptions(window_size=4))
    assert poses[3] == pytest.approx(POSES[3], abs=1e-3)
    assert np.array([points[number] for number in range(len(CLOUD))]) == pytest.approx(CLOUD, abs=2e-2)


def test_points_seen_once_stay_where_they_are():
    frames = dict(enumerate(see(POSES)))
    points = {0: CLOUD[0], 10_000: np.ones(3)}
    adjust([0, 1], frames, dict(enumerate(POSES)), points, OdometryOptions())
    assert points[10_000].tolist() == [1, 1, 1]


def test_a_window_that_nothing_determines_stays_as_it_is():
    frames = dict(enumerate(see(POSES)))
    poses = {number: pose.copy() for number, pose in enumerate(POSES)}
    adjust([0, 1, 2], frames, poses, {}, OdometryOptions())
    assert poses[2].tolist() == POSES[2].tolist()
