"""Where a cloud is in the camera's frame: who is asked, and what is said where nobody knows."""

from __future__ import annotations

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from helpers.ros_probe import header

from superpoint_ros.ros.densify.cloud_pose import CloudPose
from superpoint_ros.ros.messages.errors import InputError

POSE = np.array([[0.0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
IMAGE = header(1000, "camera")


def never(target: str, source: str, stamp: Time) -> np.ndarray:
    raise AssertionError(f"asked for {target}, {source}")


def unknown(target: str, source: str, stamp: Time) -> np.ndarray:
    raise LookupError(f"'{source}' does not exist")


@pytest.mark.parametrize("frame", ["lidar", "camera", ""])
def test_a_given_pose_holds_whatever_the_frames(frame):
    np.testing.assert_array_equal(CloudPose(POSE, never).find(header(990, frame), IMAGE), POSE)


@pytest.mark.parametrize("frame", ["camera", ""])
@pytest.mark.parametrize("lookup", [None, never])
def test_in_the_image_s_frame_nothing_is_needed(frame, lookup):
    np.testing.assert_array_equal(CloudPose(None, lookup).find(header(990, frame), IMAGE), np.eye(4))


def test_between_frames_the_transform_at_the_cloud_s_stamp_is_asked_for():
    asked = []

    def known(target: str, source: str, stamp: Time) -> np.ndarray:
        asked.append((target, source, stamp.sec, stamp.nanosec))
        return POSE

    np.testing.assert_array_equal(CloudPose(None, known).find(header(990, "lidar"), IMAGE), POSE)
    assert asked == [("camera", "lidar", 0, 990_000_000)]


@pytest.mark.parametrize(
    ("lookup", "words"),
    [
        (None, "'lidar', image in frame 'camera': set the parameter T_camera_cloud, or install tf2_ros"),
        (unknown, r"'lidar', image in frame 'camera': tf knows no transform at 0.990000000 \('lidar' does not exist\)"),
    ],
)
def test_a_transform_that_nobody_knows_is_refused_with_the_cure(lookup, words):
    with pytest.raises(InputError, match=words) as error:
        CloudPose(None, lookup).find(header(990, "lidar"), IMAGE)
    assert error.value.reason == "no transform"
    assert "T_camera_cloud" in str(error.value)
