"""Gray pictures of random rooms and streets, one scene each."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from superpoint_ros.scenes.clutter import random_clutter
from superpoint_ros.scenes.room import Room, random_room
from superpoint_ros.scenes.street import Street, random_street
from superpoint_ros.scenes.viewpoints import random_views

SCENES: tuple[Callable[[np.random.Generator], Room | Street], ...] = (random_clutter, random_room, random_street)


def draw_snapshot(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Render one view of a random room, cluttered room or street.

    Args:
        rng: Decides everything.
        size: (height, width).

    Returns:
        uint8 (height, width), gray.
    """
    scene = SCENES[rng.integers(len(SCENES))](rng)
    _, rendering = next(random_views(rng, scene, size, 1))
    return cv2.cvtColor(rendering.rgb, cv2.COLOR_RGB2GRAY)
