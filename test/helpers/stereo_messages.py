"""A rendered stereo pair as a camera driver publishes it."""

from __future__ import annotations

import numpy as np
from helpers.ros_probe import header
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.scenes.stereo_pair import StereoPair


def camera_infos(pair: StereoPair) -> list[CameraInfo]:
    """Of the left and the right camera."""
    (height, width), matrix = pair.depth.shape, pair.K.ravel()
    return [CameraInfo(height=height, width=width, k=matrix, p=one.ravel()) for one in pair.projections()]


def images(pair: StereoPair, milliseconds: int) -> list[Image]:
    """Left and right, bgr8, in the frames left_optical and right_optical."""
    named = {"left_optical": pair.left, "right_optical": pair.right}
    return [
        array_to_image(np.ascontiguousarray(rgb[..., ::-1]), header(milliseconds, frame))
        for frame, rgb in named.items()
    ]
