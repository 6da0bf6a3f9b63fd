"""What the drivers of a stereo pair publish: of a rendered one, or of the cameras of helpers.stereo_points."""

from __future__ import annotations

from typing import Any

import numpy as np
from helpers.ros_probe import header
from helpers.stereo_points import MATRIX, SIZE
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


def camera_info(baseline: float, scale: float = 1.0, **fields: Any) -> CameraInfo:
    """Of a camera of helpers.stereo_points, for images of another scale; baseline [m], 0 for the left one."""
    matrix = MATRIX.copy()
    matrix[:2, 2] += 0.5
    matrix[:2] *= scale
    matrix[:2, 2] -= 0.5
    projection = np.column_stack([matrix, [-matrix[0, 0] * baseline, 0.0, 0.0]])
    values = {
        "k": matrix.ravel(),
        "p": projection.ravel(),
        "height": round(scale * SIZE[0]),
        "width": round(scale * SIZE[1]),
    }
    return CameraInfo(**values | fields)
