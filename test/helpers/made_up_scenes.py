"""Small made-up scenes whose geometry is known exactly."""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.evaluation.datasets.frames import Frame

SIZE = (240, 320)
CAMERA = Camera(np.array([[300.0, 0, 159.5], [0, 300.0, 119.5], [0, 0, 1]]), np.zeros(0), SIZE)


def texture(seed: int = 0, size: tuple[int, int] = (480, 640)) -> np.ndarray:
    """Gray rectangles of many sizes, a little blurred: corners for every detector."""
    rng = np.random.default_rng(seed)
    canvas = np.full(size, 90, np.uint8)
    for _ in range(220):
        x, y = rng.integers((0, 0), (size[1], size[0]))
        width, height = rng.integers(8, 60, 2)
        cv2.rectangle(canvas, (int(x), int(y)), (int(x + width), int(y + height)), int(rng.integers(256)), -1)
    return cv2.GaussianBlur(canvas, (3, 3), 0)


def wall_homography(pose: np.ndarray) -> np.ndarray:
    """Pixels of the frontal camera at the origin -> pixels of a camera at `pose`, for the wall at z = 2 m."""
    to_camera = np.linalg.inv(pose)
    plane = to_camera[:3, :3] + np.outer(to_camera[:3, 3], [0, 0, 0.5])
    return CAMERA.K @ plane @ np.linalg.inv(CAMERA.K)


def wall_frames(count: int = 4, step: float = 0.06) -> list[Frame]:
    """A camera that moves to the right and forward in front of a textured wall, with its depth and poses."""
    wall = cv2.resize(texture(), SIZE[::-1], interpolation=cv2.INTER_AREA)
    frames = []
    for index in range(count):
        pose = np.eye(4)
        pose[:3, 3] = [index * step, 0.2 * index * step, 0.5 * index * step]
        image = cv2.warpPerspective(wall, wall_homography(pose), SIZE[::-1], borderMode=cv2.BORDER_REFLECT)
        depth = np.full(SIZE, 2.0 - pose[2, 3], np.float32)
        frames.append(
            Frame(f"{index}", 0.1 * index, lambda image=image: image, CAMERA, pose, lambda depth=depth: depth)
        )
    return frames
