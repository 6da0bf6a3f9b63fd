from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames
from helpers.methods import only_method
from helpers.shared_data import shared_data
from scipy.spatial.transform import Rotation

from superpoint_ros.core.errors import DatasetError, ParameterError
from superpoint_ros.evaluation.datasets.folders import read_folder
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions
from superpoint_ros.evaluation.sequences.options import PoseProtocol
from superpoint_ros.evaluation.sequences.pose_protocol import evaluate_poses, frame_pairs, summarize


def test_pairs_by_gap():
    assert frame_pairs(wall_frames(4), (1, 3)) == [(0, 1), (1, 2), (2, 3), (0, 3)]


def test_frames_without_a_pose_are_left_out():
    frames = wall_frames(4)
    frames[1] = replace(frames[1], pose=None)
    assert frame_pairs(frames, (1,)) == [(2, 3)]


def test_a_gap_given_twice_is_refused():
    with pytest.raises(ParameterError, match=r"frame_gaps=\[1, 5, 1\] must be different"):
        PoseProtocol(frame_gaps=(1, 5, 1))


def turned_on_the_spot(frame: Frame) -> Frame:
    pose = frame.pose.copy()
    pose[:3, :3] = Rotation.from_euler("xyz", [0.3, -0.2, 0.1]).as_matrix()
    return replace(frame, pose=pose)


def test_frames_of_one_place_are_no_pair():
    frames = wall_frames(4)
    frames[2] = turned_on_the_spot(frames[1])
    assert frame_pairs(frames, (1, 2)) == [(0, 1), (2, 3), (0, 2), (1, 3)]


def test_a_camera_that_stands_still_is_refused():
    frame = wall_frames(3)[2]
    with pytest.raises(DatasetError, match="stands still"):
        frame_pairs([frame, turned_on_the_spot(frame), frame], (1, 2))


@pytest.mark.parametrize("change", [{"pose": None}, {"camera": None}])
def test_a_sequence_without_truth_is_refused(change):
    frames = [replace(frame, **change) for frame in wall_frames(4)]
    with pytest.raises(DatasetError, match="0 of 4 frames have a camera and a pose"):
        frame_pairs(frames, (1,))


def test_matches_on_the_wall_lie_on_the_true_epipolar_lines():
    protocol = PoseProtocol(frame_gaps=(1,), ransac=RansacOptions(ransac_threshold=1.0, ransac_iterations=200))
    rows = list(evaluate_poses(wall_frames(4), only_method("rootsift", DetectorOptions()), protocol))
    assert len(rows) == 3
    assert min(row["epipolar_precision"] for row in rows) > 0.9


def test_poses_of_a_real_drive():
    frames = read_folder(shared_data("sequences/kitti_odom_a"))[:6]
    protocol = PoseProtocol(frame_gaps=(5,))
    summary = summarize(list(evaluate_poses(frames, only_method("rootsift", protocol.detector), protocol)))
    assert summary["median rotation"] < 1.0
    assert summary["median direction"] < 3.0
    assert summary["AUC@10"] > 0.7


def test_random_points_have_no_pose():
    frames = read_folder(shared_data("sequences/kitti_odom_a"))[:3]
    few = RansacOptions(ransac_threshold=1.0, ransac_iterations=200)
    protocol = PoseProtocol(frame_gaps=(1,), image_size=620, detector=DetectorOptions(max_keypoints=200), ransac=few)
    summary = summarize(list(evaluate_poses(frames, only_method("random", protocol.detector), protocol)))
    assert summary["AUC@5"] < 0.3
    assert summary["epipolar"] < 0.1


def test_summary_by_hand():
    row = {"pose_error": 2.0, "rotation_error": 2.0, "direction_error": 1.0, "epipolar_precision": 0.5}
    row |= {"matches": 10, "inliers": 4}
    failed = {**row, "pose_error": np.inf, "rotation_error": np.inf, "direction_error": np.inf, "inliers": 0}
    summary = summarize([row, failed, row])
    assert summary["AUC@5"] == pytest.approx(2 / 3 * 0.6)
    assert summary["median rotation"] == 2.0
    assert summary["inliers"] == pytest.approx(8 / 3)


@pytest.mark.parametrize("name", ["rootsift+descriptor", "rootsift+hybrid", "shi+flow"])
def test_tracks_of_the_wall_lie_on_the_true_epipolar_lines(name):
    protocol = PoseProtocol(frame_gaps=(1, 3), ransac=RansacOptions(ransac_threshold=1.0, ransac_iterations=200))
    rows = list(evaluate_poses(wall_frames(4), only_method(name, DetectorOptions(max_keypoints=200)), protocol))
    assert [row["gap"] for row in rows] == [1, 1, 1, 3]
    assert min(row["epipolar_precision"] for row in rows) > 0.9
    assert min(row["matches"] for row in rows) > 20
