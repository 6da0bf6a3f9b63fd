from dataclasses import replace

import numpy as np
import pytest
from helpers.point_clouds_seen import POSES, see

from superpoint_ros.evaluation.odometry.estimator import Odometry
from superpoint_ros.evaluation.odometry.observations import Observations
from superpoint_ros.evaluation.odometry.options import OdometryOptions

pytest.importorskip("gtsam")
OPTIONS = OdometryOptions(keyframe_motion=8.0)


def follow(frames: list[Observations], options: OdometryOptions, seed: int = 0) -> Odometry:
    odometry = Odometry(options, seed)
    for frame in frames:
        odometry.add(frame)
    return odometry


def positions(odometry: Odometry) -> np.ndarray:
    return np.array([odometry.poses[number][:3, 3] for number in sorted(odometry.poses)])


def test_depth_gives_the_true_scale():
    found = follow(see(POSES, 0.1, with_depth=True), replace(OPTIONS, use_depth=True))
    assert positions(found) == pytest.approx(np.array(POSES)[:, :3, 3], abs=0.01)
    assert found.lost == 0


def test_one_camera_finds_the_path_up_to_scale():
    found = positions(follow(see(POSES, 0.1), OPTIONS))
    true = np.array(POSES)[:, :3, 3]
    scale = np.sum(found * true) / np.sum(found * found)
    assert len(found) == len(POSES)
    assert scale * found == pytest.approx(true, abs=0.02)


def test_a_camera_that_stands_still_does_not_start():
    odometry = Odometry(OPTIONS)
    assert [odometry.add(frame) for frame in see([POSES[0]] * 3)] == [None] * 3


def test_an_image_without_points_keeps_the_last_pose():
    frames = see(POSES, with_depth=True)
    blind = Observations(*(getattr(frames[4], name)[:0] for name in ("id", "xy", "sigma", "depth")), frames[4].K)
    found = follow([*frames[:4], blind, *frames[5:]], replace(OPTIONS, use_depth=True))
    assert found.poses[4] == pytest.approx(found.poses[3], abs=1e-6)
    assert found.poses[7] == pytest.approx(POSES[7], abs=0.01)
    assert found.lost == 1


def test_wrong_tracks_are_left_out():
    frames = see(POSES, 0.1, with_depth=True)
    wrong = frames[5].xy.copy()
    wrong[:20] += 40.0
    frames[5] = replace(frames[5], xy=wrong)
    found = follow(frames, replace(OPTIONS, use_depth=True))
    assert positions(found) == pytest.approx(np.array(POSES)[:, :3, 3], abs=0.02)


def test_the_same_seed_gives_the_same_poses():
    first, second = (positions(follow(see(POSES, 0.3), OPTIONS, seed=3)) for _ in range(2))
    assert first.tolist() == second.tolist()
