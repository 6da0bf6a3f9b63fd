"""A rendered room seen by two cameras, with the depth that is true, and how near to it a depth image is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sensor_msgs.msg import CameraInfo

from superpoint_ros.scenes.render import Renderer
from superpoint_ros.scenes.room import random_room
from superpoint_ros.scenes.trajectory import hand_held

BASELINE = 0.12  # metres


@dataclass(frozen=True)
class RenderedPair:
    """Two images of one moment.

    Attributes:
        bgr: uint8 (H, W, 3), left and right.
        depth: float32 (H, W), metres, of the left image.
        infos: CameraInfo, left and right, of a rectified pair.
    """

    bgr: tuple[np.ndarray, np.ndarray]
    depth: np.ndarray
    infos: tuple[CameraInfo, CameraInfo]


def rendered_pair(seed: int, size: tuple[int, int]) -> RenderedPair:
    """A pair of (height, width) in the room of this seed; focal length 0.8 times the width."""
    height, width = size
    focal = 0.8125 * width
    matrix = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    room = random_room(np.random.default_rng(seed))
    renderer = Renderer(room.scene)
    pose = hand_held(np.random.default_rng(seed + 1), room.size, np.array([0.0]))[0]
    to_right = np.eye(4)
    to_right[0, 3] = BASELINE
    left, right = (renderer.render(view, matrix, size) for view in (pose, pose @ to_right))
    infos = (camera_info(matrix, size, 0.0), camera_info(matrix, size, BASELINE))
    bgr = (np.ascontiguousarray(left.rgb[..., ::-1]), np.ascontiguousarray(right.rgb[..., ::-1]))
    return RenderedPair(bgr, left.depth, infos)


def camera_info(matrix: np.ndarray, size: tuple[int, int], baseline: float) -> CameraInfo:
    """Of a camera of a rectified pair that stands `baseline` metres to the right of the left one."""
    projection = np.column_stack([matrix, [-matrix[0, 0] * baseline, 0.0, 0.0]])
    return CameraInfo(height=size[0], width=size[1], k=matrix.ravel(), p=projection.ravel())


def depth_errors(depth: np.ndarray, truth: np.ndarray) -> tuple[int, float, float]:
    """Of a depth image: how many depths it has, their median relative error, and the share within 10 %."""
    known = np.isfinite(depth)
    error = np.abs(depth[known] / truth[known] - 1.0)
    return int(known.sum()), float(np.median(error)), float(np.mean(error < 0.1))
