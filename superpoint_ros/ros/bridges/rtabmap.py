"""Features as RTAB-Map takes them, in place of extracting its own: within the RGBDImage of its node rgbd_sync.

Layout: rtabmap_msgs/msg/*.msg of introlab/rtabmap_ros, and compressData of corelib/src/Compression.cpp of
introlab/rtabmap. The messages come with RTAB-Map, and are imported on first use.
"""

from __future__ import annotations

import importlib
import struct
import zlib
from array import array
from copy import copy
from typing import Any

import numpy as np

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import message_to_features

# As RTAB-Map's own SuperPoint sets them.
KEYPOINT_SIZE = 8.0  # [px]
NO_ANGLE = -1.0
# OpenCV's number of a matrix of float32 with one channel.
CV_32FC1 = 5
# Level of zlib: unit vectors hardly shrink, and trying takes longer than all the rest.
STORED = 0


def import_rtabmap_messages() -> Any:
    """Import the messages of RTAB-Map: the module rtabmap_msgs.msg.

    Raises:
        ParameterError: They are not installed; the message says what brings them.
    """
    try:
        return importlib.import_module("rtabmap_msgs.msg")
    except ModuleNotFoundError as error:
        text = (
            f"consumer 'rtabmap' needs the ROS package rtabmap_msgs (this Python has no module {error.name}): "
            "apt install ros-$ROS_DISTRO-rtabmap-msgs, or build rtabmap_ros in this workspace"
        )
        raise ParameterError(text) from error


def add_features(message: Features, rgbd_image: Any) -> Any:
    """Return an RGBDImage (rtabmap_msgs) with the features of its color image, and all else as it is.

    Keypoints have the detector's probability as response; descriptors are float32. Points, in 3D, are left empty:
    RTAB-Map makes them of the depth in the message, by its own parameters.

    Args:
        message: Features of the color image.
        rgbd_image: The message of rgbd_sync; it is not changed.

    Raises:
        InputError: Features that are not whole, or of an image of another size.
        ParameterError: The messages of RTAB-Map are not installed.
    """
    messages = import_rtabmap_messages()
    features = message_to_features(message)
    check_size_of_rgb(features.image_size, rgbd_image)
    filled = copy(rgbd_image)
    filled.key_points = [
        messages.KeyPoint(
            pt=messages.Point2f(x=x, y=y), size=KEYPOINT_SIZE, angle=NO_ANGLE, response=score, octave=0, class_id=-1
        )
        for (x, y), score in zip(features.xy.tolist(), features.score.tolist(), strict=True)
    ]
    filled.points = []
    filled.descriptors = array("B", pack_matrix(features.descriptors))
    return filled


def pack_matrix(values: np.ndarray) -> bytes:
    """Pack a matrix (rows, columns) as RTAB-Map does: zlib, then rows, columns and OpenCV's type as native int32.

    A matrix without values has no bytes.
    """
    if values.size == 0:
        return b""
    stream = zlib.compress(np.asarray(values, np.float32).tobytes(), STORED)
    return stream + struct.pack("=3i", *values.shape, CV_32FC1)


def check_size_of_rgb(image_size: tuple[int, int], rgbd_image: Any) -> None:
    """Check that features are of the color image: of its size (height, width), where the message says that.

    Raises:
        InputError: They are not; rgbd_sync has decimated it, for example.
    """
    sizes = [(one.height, one.width) for one in (rgbd_image.rgb, rgbd_image.rgb_camera_info) if one.width]
    if sizes and sizes[0] != image_size:
        text = (
            f"features of an image of {image_size[1]}x{image_size[0]} for an RGBDImage of {sizes[0][1]}x{sizes[0][0]}: "
            "both must come from the same images, and rgbd_sync must not decimate them"
        )
        raise InputError("size", text)
