"""Errors of odometry where the true pose of some images is unknown."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from superpoint_ros.cli.sequences import rendered_frames
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.odometry.options import OdometryOptions

pytest.importorskip("gtsam", reason="the extra [odometry] brings GTSAM")
pytest.importorskip("evo", reason="the extra [odometry] brings evo")
from superpoint_ros.evaluation.odometry.run import run_odometry

OPTIONS = OdometryOptions(keyframe_motion=5.0)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return rendered_frames(4, 8, (240, 320))


def test_an_image_without_a_true_pose_costs_itself_alone(frames, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    whole = run_odometry("room", frames, ["shi+flow"], OPTIONS, tmp_path / "whole")
    assert not caplog.records
    without = [replace(frame, pose=None) if number == 5 else frame for number, frame in enumerate(frames)]
    with caplog.at_level(logging.WARNING):
        part = run_odometry("room", without, ["shi+flow"], OPTIONS, tmp_path / "part")
    assert "1 of 8 images have no true pose" in caplog.text
    assert part.summary[0]["ATE [m]"] == pytest.approx(whole.summary[0]["ATE [m]"], abs=0.01)
    assert part.summary[0]["RPE [m]"] < 0.02
    assert len((tmp_path / "part" / "shi_flow_0.txt").read_text().splitlines()) == 8


def test_two_true_poses_are_too_few_for_errors(frames, tmp_path: Path):
    without = [frame if number < 2 else replace(frame, pose=None) for number, frame in enumerate(frames)]
    report = run_odometry("room", without, ["shi+flow"], OPTIONS, tmp_path)
    assert "ATE [m]" not in report.summary[0]


def with_true_positions(frames: list[Frame], step: float) -> list[Frame]:
    poses = [frame.pose.copy() for frame in frames]
    for number, pose in enumerate(poses):
        pose[:3, 3] = [step * number, 0.0, 0.0]
    return [replace(frame, pose=pose) for frame, pose in zip(frames, poses, strict=True)]


def test_a_true_path_on_a_straight_line_gives_errors(frames, tmp_path: Path):
    report = run_odometry("room", with_true_positions(frames, 0.1), ["shi+flow"], OPTIONS, tmp_path)
    assert report.summary[0]["ATE [m]"] > 0.0


def test_a_true_camera_that_stands_still_has_no_scale_to_align_and_no_errors(frames, tmp_path: Path):
    still = with_true_positions(frames, 0.0)
    assert "ATE [m]" not in run_odometry("room", still, ["shi+flow"], OPTIONS, tmp_path / "mono").summary[0]
    depth = replace(OPTIONS, use_depth=True)
    assert run_odometry("room", still, ["shi+flow"], depth, tmp_path / "depth").summary[0]["ATE [m]"] > 0.0
