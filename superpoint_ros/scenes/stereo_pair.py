"""A rendered room seen by two cameras side by side, with its true depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.scenes.render import Renderer
from superpoint_ros.scenes.room import random_room
from superpoint_ros.scenes.trajectory import hand_held

FOCAL = 0.8125  # focal length relative to the image's width


@dataclass(frozen=True)
class StereoPair:
    """Hold two images taken at one moment, free of distortion, their rows aligned.

    Attributes:
        left: Image of the left camera, uint8 (H, W, 3), RGB.
        right: Image of the right camera, uint8 (H, W, 3), RGB.
        depth: Depth of the left image along the optical axis, float32 (H, W), meters.
        K: Intrinsics of both cameras (3, 3), pixels.
        baseline: Distance from the left camera to the right one, meters.
    """

    left: np.ndarray
    right: np.ndarray
    depth: np.ndarray
    K: np.ndarray
    baseline: float

    def projections(self) -> tuple[np.ndarray, np.ndarray]:
        """Compute the projections (3, 4) of both cameras from the left one's frame, as P of sensor_msgs/CameraInfo."""
        origins = np.zeros((3, 1)), self.K @ [[-self.baseline], [0.0], [0.0]]
        return np.hstack([self.K, origins[0]]), np.hstack([self.K, origins[1]])

    def errors(self, depth: np.ndarray) -> tuple[int, float, float]:
        """Compare a depth image (H, W) [m] with the true one.

        Returns:
            Number of depths, their median relative error, and the share within 10 %.
        """
        known = np.isfinite(depth)
        error = np.abs(depth[known] / self.depth[known] - 1.0)
        return int(known.sum()), float(np.median(error)), float(np.mean(error < 0.1))


def room_pair(seed: int, image_size: tuple[int, int], baseline: float = 0.12) -> StereoPair:
    """Render a stereo pair in random_room(seed).

    Args:
        seed: Seed of the room and of the camera's pose.
        image_size: Size of both images, (height, width), pixels.
        baseline: Distance between the cameras, meters.
    """
    height, width = image_size
    focal = FOCAL * width
    K = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    room = random_room(np.random.default_rng(seed))
    renderer = Renderer(room.scene)
    pose = hand_held(np.random.default_rng(seed + 1), room.size, np.array([0.0]))[0]
    to_right = np.eye(4)
    to_right[0, 3] = baseline
    left, right = (renderer.render(view, K, image_size) for view in (pose, pose @ to_right))
    return StereoPair(left.rgb, right.rgb, left.depth, K, baseline)
