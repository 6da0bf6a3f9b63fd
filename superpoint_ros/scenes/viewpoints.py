"""Random views of rooms and streets, as hand-held, driven and flown cameras have them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from superpoint_ros.scenes.render import Renderer, Rendering
from superpoint_ros.scenes.room import Room
from superpoint_ros.scenes.street import Street
from superpoint_ros.scenes.trajectory import look_at

FOCAL = (0.55, 1.15)  # focal length relative to the image's width
STEEPEST = 1.2  # radians up or down
NEAREST = 0.25  # metres; views with much nearer things than this are no views of the scene


def random_intrinsics(generator: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    """A pinhole camera (3, 3) with its principal point in the middle."""
    height, width = image_size
    focal = generator.uniform(*FOCAL) * width
    return np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])


def random_pose(generator: np.random.Generator, place: Room | Street) -> np.ndarray:
    """T_world_camera (4, 4) somewhere in a room or over a road, looking into it."""
    if isinstance(place, Street):
        across = generator.uniform(-0.5, 0.5) * place.width
        position = np.array([across, generator.uniform(-0.25, 0.25) * place.length, generator.uniform(1.0, 3.0)])
        yaw = generator.choice([0.0, math.pi]) + generator.normal(0.0, 0.35)
        pitch = generator.normal(-0.05, 0.1)
    else:
        size = np.array(place.size)
        position, target = generator.uniform(-0.42, 0.42, (2, 3)) * size + (0.0, 0.0, size[2] / 2)
        target[2] *= generator.random()
        across, along, up = target - position
        yaw, pitch = math.atan2(-across, along), math.atan2(up, math.hypot(across, along))
    pitch = min(max(pitch, -STEEPEST), STEEPEST)
    direction = np.array([-math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch), math.sin(pitch)])
    return look_at(position, position + direction, generator.normal(0.0, 0.1))


def random_views(
    generator: np.random.Generator, place: Room | Street, image_size: tuple[int, int], count: int, device: str = "cpu"
) -> Iterator[tuple[np.ndarray, Rendering]]:
    """Intrinsics (3, 3) and renderings of `count` views that show more than what stands right before the camera."""
    renderer = Renderer(place.scene, device)
    while count:
        intrinsics, pose = random_intrinsics(generator, image_size), random_pose(generator, place)
        rendering = renderer.render(pose, intrinsics, image_size)
        if np.quantile(rendering.depth, 0.05) > NEAREST:
            count -= 1
            yield intrinsics, rendering
