"""What a protocol says of tracking is what its tracker gets."""

from __future__ import annotations

import pytest
from helpers.made_up_scenes import wall_frames
from helpers.methods import only_method

from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.sequences import methods
from superpoint_ros.evaluation.sequences.options import PoseProtocol, TracksProtocol
from superpoint_ros.evaluation.sequences.pose_protocol import evaluate_poses
from superpoint_ros.evaluation.sequences.tracks_protocol import follow

odometry = pytest.importorskip("superpoint_ros.evaluation.odometry.run", reason="needs the extra [odometry]")
TRACKING = {"network_every": 2, "epipolar_threshold": 1.5}


def tracks(frames, method):
    follow(frames, method, TracksProtocol(**TRACKING))


def pose(frames, method):
    list(evaluate_poses(frames, method, PoseProtocol(frame_gaps=(1,), **TRACKING)))


def trajectory(frames, method):
    list(odometry.observations(frames, method, odometry.OdometryOptions(**TRACKING)))


@pytest.mark.parametrize("protocol", [tracks, pose, trajectory])
def test_options_of_tracking_reach_the_tracker(monkeypatch, protocol):
    made, make_tracker = [], methods.make_tracker
    monkeypatch.setattr(methods, "make_tracker", lambda options: made.append(options) or make_tracker(options))
    protocol(wall_frames(3), only_method("shi+flow", DetectorOptions()))
    assert [(one.network_every, one.epipolar_threshold) for one in made] == [(2, 1.5)]
