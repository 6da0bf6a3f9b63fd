"""What the drivers of one or two calibrated cameras send of a texture that moves."""

from __future__ import annotations

import numpy as np
from helpers.ros_probe import header, texture
from sensor_msgs.msg import CameraInfo

from superpoint_ros.ros.messages.images import array_to_image

SIZE = (120, 160)
K = [100.0, 0.0, 79.5, 0.0, 100.0, 59.5, 0.0, 0.0, 1.0]


def info(stamp: int, side: int = 0) -> CameraInfo:
    P = [*K[:3], -6.0 * side, *K[3:6], 0.0, *K[6:], 0.0]
    return CameraInfo(header=header(stamp), height=SIZE[0], width=SIZE[1], k=K, p=P, distortion_model="plumb_bob")


def camera_messages(count: int = 4, cameras: tuple[str, ...] = ("left",)) -> list[tuple[str, object]]:
    """Images of a texture that moves, each before its calibration."""
    scene = texture(3, (SIZE[0], SIZE[1] + 60))
    messages = []
    for number in range(count):
        for side, camera in enumerate(cameras):
            shift = 4 * number + 3 * side
            image = np.ascontiguousarray(scene[:, shift : shift + SIZE[1]])
            stamp = 1000 + 50 * number
            messages.append((f"/{camera}/image_raw", array_to_image(image, header(stamp))))
            messages.append((f"/{camera}/camera_info", info(stamp, side)))
    return messages
