"""A rendered room seen by two cameras side by side, with the depth that is true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.scenes.render import Renderer
from superpoint_ros.scenes.room import random_room
from superpoint_ros.scenes.trajectory import hand_held

FOCAL = 0.8125  # focal length relative to the image's width


@dataclass(frozen=True)
class StereoPair:
    """Two images of one moment, free of distortion, their rows aligned.

    Attributes:
        left, right: uint8 (H, W, 3), RGB.
        depth: float32 (H, W), metres along the optical axis, of the left image.
        intrinsics: (3, 3), pixels, of both cameras.
        baseline: metres from the left camera to the right one.
    """

    left: np.ndarray
    right: np.ndarray
    depth: np.ndarray
    intrinsics: np.ndarray
    baseline: float

    def projections(self) -> tuple[np.ndarray, np.ndarray]:
        """(3, 4) of the left and the right camera, from the left one's frame, as P of sensor_msgs/CameraInfo."""
        origins = np.zeros((3, 1)), self.intrinsics @ [[-self.baseline], [0.0], [0.0]]
        return np.hstack([self.intrinsics, origins[0]]), np.hstack([self.intrinsics, origins[1]])

    def errors(self, depth: np.ndarray) -> tuple[int, float, float]:
        """How many depths a depth image (H, W) [m] has, their median relative error, and the share within 10 %."""
        known = np.isfinite(depth)
        error = np.abs(depth[known] / self.depth[known] - 1.0)
        return int(known.sum()), float(np.median(error)), float(np.mean(error < 0.1))


def room_pair(seed: int, image_size: tuple[int, int], baseline: float = 0.12) -> StereoPair:
    """A view of random_room(seed) at (height, width)."""
    height, width = image_size
    focal = FOCAL * width
    intrinsics = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    room = random_room(np.random.default_rng(seed))
    renderer = Renderer(room.scene)
    pose = hand_held(np.random.default_rng(seed + 1), room.size, np.array([0.0]))[0]
    to_right = np.eye(4)
    to_right[0, 3] = baseline
    left, right = (renderer.render(view, intrinsics, image_size) for view in (pose, pose @ to_right))
    return StereoPair(left.rgb, right.rgb, left.depth, intrinsics, baseline)
