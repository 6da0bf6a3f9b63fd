"""CameraInfo <-> the camera of an image, region of interest, binning and resizing included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.image import same_aspect
from superpoint_ros.ros.messages.calibration import Calibration
from superpoint_ros.ros.messages.camera_info import (
    FISHEYE_MODELS,
    camera_info_to_camera,
    camera_of_image,
    scaled_camera_info,
    with_header,
)
from superpoint_ros.ros.messages.errors import InputError

INFO = {
    "height": 48,
    "width": 64,
    "k": [50.0, 0.0, 31.5, 0.0, 60.0, 23.5, 0.0, 0.0, 1.0],
    "p": [40.0, 0.0, 30.0, 0.0, 0.0, 40.0, 20.0, 0.0, 0.0, 0.0, 1.0, 0.0],
}


def test_camera_info():
    info = CameraInfo(distortion_model="plumb_bob", d=[0.1, 0.0, 0.0, 0.0, 0.0], **INFO)
    camera = camera_info_to_camera(info)
    np.testing.assert_array_equal(camera.K, [[50, 0, 31.5], [0, 60, 23.5], [0, 0, 1]])
    np.testing.assert_array_equal(camera.distortion, [0.1, 0, 0, 0, 0])
    assert (camera.image_size, camera.fisheye) == ((48, 64), False)


def test_rectified_images_take_the_projection_matrix():
    info = CameraInfo(distortion_model="plumb_bob", d=[0.1, 0.0, 0.0, 0.0, 0.0], **INFO)
    camera = camera_info_to_camera(info, rectified=True)
    np.testing.assert_array_equal(camera.K, [[40, 0, 30], [0, 40, 20], [0, 0, 1]])
    assert camera.distortion.size == 0


@pytest.mark.parametrize("model", FISHEYE_MODELS)
def test_fisheye_camera_info(model):
    assert camera_info_to_camera(CameraInfo(distortion_model=model, d=[0.1] * 4, **INFO)).fisheye
    camera = camera_info_to_camera(CameraInfo(distortion_model=model, **INFO))
    assert camera.distortion.tolist() == [0] * 4


def test_region_of_interest_and_binning():
    info = CameraInfo(binning_x=2, binning_y=2, **INFO)
    info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 10, 4, 40, 20
    camera = camera_info_to_camera(info)
    assert camera.image_size == (10, 20)
    np.testing.assert_allclose(camera.K, [[25, 0, (31.5 - 10 + 0.5) / 2 - 0.5], [0, 30, 9.5], [0, 0, 1]])


def test_uncalibrated_is_none():
    assert camera_info_to_camera(CameraInfo(height=48, width=64)) is None


def test_unknown_distortion_model_is_named():
    with pytest.raises(CalibrationError, match="'thin_prism' is not one of plumb_bob"):
        camera_info_to_camera(CameraInfo(distortion_model="thin_prism", d=[0.1], **INFO))


def test_wrong_number_of_coefficients_is_named():
    with pytest.raises(CalibrationError, match="3 distortion coefficients"):
        camera_info_to_camera(CameraInfo(distortion_model="plumb_bob", d=[0.1] * 3, **INFO))


SENSOR = {
    "height": 960,
    "width": 1280,
    "k": [1000.0, 0.0, 639.5, 0.0, 1000.0, 479.5, 0.0, 0.0, 1.0],
    "p": [1000.0, 0.0, 639.5, 0.0, 0.0, 1000.0, 479.5, 0.0, 0.0, 0.0, 1.0, 0.0],
}


def of_image(message, size, rectified=False):
    return camera_of_image(message, size, rectified=rectified, topic="/info")


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize(("size", "focal"), [((480, 640), 500.0), ((240, 320), 250.0), ((960, 1280), 1000.0)])
def test_binning_is_applied_once_whatever_the_image_s_size(size, focal, rectified):
    camera, published = of_image(CameraInfo(binning_x=2, binning_y=2, **SENSOR), size, rectified)
    expected = [[focal, 0, size[1] / 2 - 0.5], [0, focal, size[0] / 2 - 0.5], [0, 0, 1]]
    np.testing.assert_allclose(camera.K, expected)
    assert camera.image_size == size
    again = camera_info_to_camera(published, rectified=rectified)
    np.testing.assert_allclose(again.K, expected)
    assert again.image_size == size


@pytest.mark.parametrize("scale", [1, 2])
def test_a_region_is_applied_once_whatever_the_image_s_size(scale):
    region = RegionOfInterest(x_offset=400, y_offset=300, width=640, height=480)
    camera, published = of_image(CameraInfo(roi=region, **SENSOR), (480 // scale, 640 // scale))
    center = (np.array([639.5 - 400, 479.5 - 300]) + 0.5) / scale - 0.5
    np.testing.assert_allclose(camera.K[:2, 2], center)
    np.testing.assert_allclose(camera_info_to_camera(published).K, camera.K)


def test_a_scaled_calibration_has_the_image_s_size_and_neither_region_nor_binning():
    region = RegionOfInterest(x_offset=400, y_offset=300, width=640, height=480, do_rectify=True)
    scaled = scaled_camera_info(CameraInfo(roi=region, binning_x=2, binning_y=2, **SENSOR), (120, 160))
    assert (scaled.height, scaled.width, scaled.binning_x, scaled.binning_y) == (120, 160, 0, 0)
    assert (scaled.roi.width, scaled.roi.height, scaled.roi.do_rectify) == (0, 0, True)
    assert scaled.k[0] == scaled.p[0] == 250.0


def test_images_of_another_shape_have_no_camera():
    with pytest.raises(InputError, match=r"/info is for images of \(height, width\) \(960, 1280\), not \(480, 480\)"):
        of_image(CameraInfo(**SENSOR), (480, 480))


def test_a_header_is_replaced_in_a_copy():
    message = CameraInfo(**SENSOR)
    assert with_header(message, Header(frame_id="left")).header.frame_id == "left"
    assert message.header.frame_id == ""


def test_a_calibration_remembers_the_newest_message_and_what_it_makes_of_it():
    calibration = Calibration("/info", rectified=False)
    with pytest.raises(InputError, match="waiting for CameraInfo on /info"):
        calibration.of((480, 640))
    calibration.set(CameraInfo(height=960, width=1280))
    assert not calibration.is_known
    calibration.set(CameraInfo(**SENSOR))
    assert calibration.is_known
    assert calibration.of((480, 640)) is calibration.of((480, 640))
    assert calibration.of((480, 640))[0].K[0, 0] == 500.0


SIDES = st.integers(8, 2000)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((480, 640), (240, 320), True),
        ((375, 1242), (188, 621), True),
        ((375, 1242), (187, 621), True),
        ((375, 1242), (94, 311), True),
        ((480, 640), (360, 640), False),
        ((48, 64), (10, 12), False),
        ((480, 640), (640, 480), False),
    ],
)
def test_same_aspect(one, other, same):
    assert same_aspect(one, other) is same
    assert same_aspect(other, one) is same


@given(SIDES, SIDES, st.integers(1, 8))
def test_whole_multiples_are_of_one_aspect_ratio(height, width, factor):
    assert same_aspect((height, width), (factor * height, factor * width))


def test_calibration_is_scaled_about_the_corners_of_pixels():
    info = CameraInfo(
        height=4, width=8, k=[10.0, 0, 3.5, 0, 10, 1.5, 0, 0, 1], p=[10.0, 0, 3.5, 2, 0, 10, 1.5, 0] + [0, 0, 1, 0]
    )
    scaled = scaled_camera_info(info, (2, 4))
    assert (scaled.height, scaled.width) == (2, 4)
    np.testing.assert_allclose(scaled.k, [5, 0, 1.5, 0, 5, 0.5, 0, 0, 1])
    np.testing.assert_allclose(scaled.p, [5, 0, 1.5, 1, 0, 5, 0.5, 0, 0, 0, 1, 0])
    assert info.width == 8
