"""CameraInfo of two cameras -> their rig."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers.ros_probe import header
from helpers.stereo_messages import camera_info
from helpers.stereo_points import BASELINE, MATRIX, SIZE, T_LEFT_RIGHT, T_RIGHT_LEFT
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.triangulate.calibration import StereoCalibration

TOPICS = ("/left/camera_info", "/right/camera_info")
LENS = [-0.2, 0.05, 0.001, 0.0, 0.0]


def info(baseline: float, scale: float = 1.0, **fields: object) -> CameraInfo:
    return camera_info(baseline, scale, header=header(1, "info"), **fields)


def message(rectified: bool = True, size: tuple[int, int] = SIZE) -> Features:
    return Features(header=header(5, "optical"), height=size[0], width=size[1], rectified=rectified)


def calibration(left: CameraInfo | None, right: CameraInfo | None, T_left_right=None) -> StereoCalibration:
    made = StereoCalibration(TOPICS, T_left_right)
    for side, one in enumerate((left, right)):
        if one is not None:
            made.set(side, one)
    return made


@pytest.mark.parametrize("rectified", [True, False])
def test_the_baseline_is_in_the_right_camera_s_projection(rectified):
    rig, left = calibration(info(0.0), info(BASELINE)).rig(message(rectified), message(rectified))
    np.testing.assert_allclose(rig.T_1_0, T_RIGHT_LEFT, atol=1e-12)
    np.testing.assert_allclose(rig.camera0.K, MATRIX)
    assert (left.header.frame_id, left.header.stamp.nanosec) == ("optical", 5_000_000)


def test_raw_images_are_turned_by_r():
    turns = [cv2.Rodrigues(np.array(vector))[0] for vector in ([0.01, -0.03, 0.02], [-0.02, 0.01, 0.04])]
    infos = [
        info(baseline, r=turn.ravel(), d=LENS, distortion_model="plumb_bob")
        for baseline, turn in zip((0.0, BASELINE), turns, strict=True)
    ]
    rig, _ = calibration(*infos).rig(message(False), message(False))
    point = np.array([0.3, -0.2, 2.0])
    shared = turns[0] @ point
    np.testing.assert_allclose(rig.T_1_0 @ [*point, 1], [*(turns[1].T @ (shared - [BASELINE, 0, 0])), 1])
    np.testing.assert_allclose(rig.camera1.distortion, LENS)


def test_a_given_pose_comes_first():
    given = T_LEFT_RIGHT.copy()
    given[:3, 3] = (0.5, 0.1, 0.0)
    rig, _ = calibration(info(0.0), info(BASELINE), given).rig(message(), message())
    np.testing.assert_allclose(rig.T_1_0, np.linalg.inv(given), atol=1e-12)


def test_a_calibration_of_larger_images_is_scaled():
    rig, left = calibration(info(0.0, 2.0), info(BASELINE, 2.0)).rig(message(), message())
    np.testing.assert_allclose(rig.camera0.K, MATRIX)
    np.testing.assert_allclose(np.reshape(left.p, (3, 4))[:, :3], MATRIX)
    np.testing.assert_allclose(rig.T_1_0, T_RIGHT_LEFT, atol=1e-12)
    assert (left.height, left.width) == SIZE


def test_binned_images_keep_their_calibration():
    left = info(0.0, 2.0, binning_x=2, binning_y=2)
    rig, published = calibration(left, info(BASELINE)).rig(message(), message())
    np.testing.assert_allclose(rig.camera0.K, MATRIX)
    assert (published.height, published.width, published.binning_x) == (2 * SIZE[0], 2 * SIZE[1], 2)
    np.testing.assert_array_equal(published.k, left.k)


@pytest.mark.parametrize(
    ("left", "right", "reason", "words"),
    [
        (None, None, "no CameraInfo", "waiting for CameraInfo on /left/camera_info and /right/camera_info"),
        (info(0.0), None, "no CameraInfo", "waiting for CameraInfo on /right/camera_info"),
        (CameraInfo(height=240, width=320), info(0.1), "uncalibrated", "/left/camera_info is uncalibrated"),
        (info(0.0), info(0.0), "no baseline", "set the parameter T_left_right"),
        (info(0.0), info(0.1, height=320, width=320), "size", r"\(320, 320\), not \(240, 320\)"),
    ],
)
def test_what_cannot_be_used_is_said(left, right, reason, words):
    with pytest.raises(InputError, match=words) as caught:
        calibration(left, right).rig(message(), message())
    assert caught.value.reason == reason


def test_an_unknown_lens_is_refused():
    strange = info(0.0, d=LENS, distortion_model="mirror_ball")
    with pytest.raises(CalibrationError, match="mirror_ball"):
        calibration(strange, info(0.1)).rig(message(False), message(False))


SHEAR = [1.0, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("fields", "rectified", "words"),
    [
        ({"p": [*MATRIX[0], 0.0, *MATRIX[1], 0.0, 0.0, 0.0, 0.0, 0.0]}, False, "P .* is no camera matrix"),
        ({"p": [*MATRIX[0], 0.0, *MATRIX[1], 0.0, 0.0, 0.0, 0.0, 0.0]}, True, "K .* is no camera matrix"),
        ({"r": SHEAR}, False, "R .* is no rotation"),
    ],
)
def test_matrices_that_are_no_calibration_are_refused(fields, rectified, words):
    with pytest.raises(CalibrationError, match=words):
        calibration(info(0.0, **fields), info(BASELINE)).rig(message(rectified), message(rectified))


numbers = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, np.inf, np.nan]), st.floats())


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from("kpr"), st.integers(0, 8), numbers), max_size=3), st.booleans())
def test_any_numbers_give_a_rig_or_a_named_error(changes, rectified):
    damaged = info(0.0, r=np.eye(3).ravel())
    for name, index, value in changes:
        getattr(damaged, name)[index] = value
    try:
        rig, _ = calibration(damaged, info(BASELINE)).rig(message(rectified), message(rectified))
    except (CalibrationError, InputError):
        return
    assert np.isfinite(rig.T_1_0[:3, :3]).all()
