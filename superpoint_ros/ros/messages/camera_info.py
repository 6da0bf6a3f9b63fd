"""CameraInfo messages <-> cameras of images, the one place for it."""

from __future__ import annotations

from copy import copy, deepcopy

import numpy as np
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.geometry import resize_matrix
from superpoint_ros.ros.messages.errors import InputError

DISTORTION_MODELS = ("plumb_bob", "rational_polynomial")
FISHEYE_MODELS = ("equidistant", "fisheye")


def camera_info_to_camera(message: CameraInfo, *, rectified: bool = False) -> Camera | None:
    """Convert a CameraInfo to the camera of the images it was sent with; None where it is uncalibrated.

    Region of interest and binning are applied: K, D, P and sizes of the message are those of the full sensor, as
    sensor_msgs defines them.

    Args:
        message: The calibration.
        rectified: Whether the images are rectified: then P stands for K, and no distortion is left.

    Raises:
        CalibrationError: The distortion model is not known, or the matrix is that of no camera.
    """
    matrix = np.reshape(message.p, (3, 4))[:, :3] if rectified else np.reshape(message.k, (3, 3))
    if matrix[0, 0] == 0.0 or matrix[1, 1] == 0.0:
        return None
    distortion, fisheye = (np.zeros(0), False) if rectified else _distortion(message)
    region = message.roi
    size = (region.height or message.height, region.width or message.width)
    full = Camera(np.array(matrix, np.float64), distortion, size, fisheye=fisheye)
    return full.cropped_and_binned((region.x_offset, region.y_offset), _binning(message))


def camera_of_image(
    message: CameraInfo, image_size: tuple[int, int], *, rectified: bool, topic: str
) -> tuple[Camera, CameraInfo]:
    """Return the camera of an image, and the CameraInfo to publish with it.

    An image of the size that the CameraInfo is for has the camera that it describes; one of another size and the same
    aspect ratio shows the same field of view, scaled.

    Args:
        message: Newest calibration of the camera.
        image_size: (height, width) of the image.
        rectified: Whether the image is free of lens distortion.
        topic: Where the calibration comes from, for error messages.

    Raises:
        InputError: The calibration is empty, or for images of another shape.
        CalibrationError: The distortion model is not known.
    """
    camera = camera_info_to_camera(message, rectified=rectified)
    if camera is None:
        raise InputError("uncalibrated", f"CameraInfo on {topic} is uncalibrated (its focal length is 0)")
    if camera.image_size == image_size:
        return camera, message
    try:
        return camera.fitted_to(image_size), scaled_camera_info(message, image_size)
    except CalibrationError as error:
        text = f"CameraInfo on {topic} is for images of (height, width) {camera.image_size}, not {image_size}"
        raise InputError("size", text) from error


def scaled_camera_info(message: CameraInfo, image_size: tuple[int, int]) -> CameraInfo:
    """Make a CameraInfo for images that show the same field of view at another size, without region and binning.

    Args:
        message: The calibration; its region of interest and binning describe the images it was sent with.
        image_size: (height, width) of the images that the new one is for.
    """
    scaled = deepcopy(message)
    region, (bin_x, bin_y) = message.roi, _binning(message)
    height, width = (region.height or message.height) // bin_y, (region.width or message.width) // bin_x
    crop = np.array([[1, 0, -region.x_offset], [0, 1, -region.y_offset], [0, 0, 1]])
    binned = resize_matrix((bin_y, bin_x), (1, 1))
    to_image = resize_matrix((max(height, 1), max(width, 1)), image_size) @ binned @ crop
    scaled.k = (to_image @ np.reshape(message.k, (3, 3))).ravel()
    scaled.p = (to_image @ np.reshape(message.p, (3, 4))).ravel()
    scaled.height, scaled.width = image_size
    scaled.binning_x = scaled.binning_y = 0
    scaled.roi = RegionOfInterest(do_rectify=region.do_rectify)
    return scaled


def with_header(message: CameraInfo, header: Header) -> CameraInfo:
    """Return a CameraInfo with another header."""
    copied = copy(message)
    copied.header = header
    return copied


def _binning(message: CameraInfo) -> tuple[int, int]:
    return max(message.binning_x, 1), max(message.binning_y, 1)


def _distortion(message: CameraInfo) -> tuple[np.ndarray, bool]:
    coefficients = np.array(message.d, np.float64)
    if message.distortion_model in FISHEYE_MODELS:
        return coefficients if len(coefficients) else np.zeros(4), True
    if not coefficients.any():
        return np.zeros(0), False
    if message.distortion_model not in DISTORTION_MODELS:
        known = ", ".join(DISTORTION_MODELS + FISHEYE_MODELS)
        raise CalibrationError(f"distortion model '{message.distortion_model}' is not one of {known}")
    return coefficients, False
