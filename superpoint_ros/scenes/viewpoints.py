"""Random views of rooms and streets, as hand-held, driven and flown cameras see them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from superpoint_ros.scenes.render import Renderer, Rendering
from superpoint_ros.scenes.room import Room
from superpoint_ros.scenes.street import Street
from superpoint_ros.scenes.trajectory import look_at

FOCAL = (0.55, 1.15)  # focal length relative to the image's width
MAX_PITCH = 1.2  # radians up or down
MIN_DEPTH = 0.25  # meters; where the nearest 5 % of a view are nearer than this, something stands in its way


def random_intrinsics(rng: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    """Draw the intrinsics (3, 3) of a pinhole camera with its principal point in the middle."""
    height, width = image_size
    focal = rng.uniform(*FOCAL) * width
    return np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])


def random_pose(rng: np.random.Generator, place: Room | Street) -> np.ndarray:
    """Draw T_world_camera (4, 4) somewhere in a room or over a road, looking into it."""
    if isinstance(place, Street):
        across = rng.uniform(-0.5, 0.5) * place.width
        position = np.array([across, rng.uniform(-0.25, 0.25) * place.length, rng.uniform(1.0, 3.0)])
        yaw = rng.choice([0.0, math.pi]) + rng.normal(0.0, 0.35)
        pitch = rng.normal(-0.05, 0.1)
    else:
        size = np.array(place.size)
        position, target = rng.uniform(-0.42, 0.42, (2, 3)) * size + (0.0, 0.0, size[2] / 2)
        target[2] *= rng.random()
        across, along, up = target - position
        yaw, pitch = math.atan2(-across, along), math.atan2(up, math.hypot(across, along))
    pitch = min(max(pitch, -MAX_PITCH), MAX_PITCH)
    direction = np.array([-math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch), math.sin(pitch)])
    return look_at(position, position + direction, rng.normal(0.0, 0.1))


def random_views(
    rng: np.random.Generator, place: Room | Street, image_size: tuple[int, int], count: int, device: str = "cpu"
) -> Iterator[tuple[np.ndarray, Rendering]]:
    """Render random views that nothing right before the camera hides.

    Args:
        rng: Source of intrinsics and poses.
        place: Room or street to look at.
        image_size: Size of the images, (height, width), pixels.
        count: Number of views.
        device: Torch device on which rays are cast.

    Yields:
        Intrinsics (3, 3), and the rendering.
    """
    renderer = Renderer(place.scene, device)
    while count:
        K, pose = random_intrinsics(rng, image_size), random_pose(rng, place)
        rendering = renderer.render(pose, K, image_size)
        if np.quantile(rendering.depth, 0.05) > MIN_DEPTH:
            count -= 1
            yield K, rendering
