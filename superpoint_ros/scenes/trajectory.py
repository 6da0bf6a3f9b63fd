"""Smooth hand-held camera motion through a room, as exact poses."""

from __future__ import annotations

import math

import numpy as np


def look_at(position: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """Compute the pose of a camera that looks from one point at another.

    Args:
        position: Position of the camera (3,), meters, world frame with z up.
        target: Point that it looks at (3,), not straight above or below.
        roll: Rotation about the optical axis, radians, clockwise as seen by the camera.

    Returns:
        T_world_camera (4, 4) of its optical frame (x right, y down, z forward).
    """
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    pose = np.eye(4)
    pose[:3, 0] = math.cos(roll) * right + math.sin(roll) * down
    pose[:3, 1] = math.cos(roll) * down - math.sin(roll) * right
    pose[:3, 2] = forward
    pose[:3, 3] = position
    return pose


def hand_held(rng: np.random.Generator, room_size: tuple[float, float, float], seconds: np.ndarray) -> np.ndarray:
    """Compute poses of a camera that is carried around the middle of a room, looking across it.

    Args:
        rng: Source of its start, direction and sway.
        room_size: Size of the room, (x, y, z), meters, see Room.
        seconds: Times of the poses (N,).

    Returns:
        T_world_camera (N, 4, 4), float64; positions at least 0.8 m from the walls, 1.35 to 1.75 m above the floor.
    """
    turn = rng.choice([-1.0, 1.0]) * rng.uniform(0.20, 0.32)
    start, phases = rng.uniform(0, 2 * math.pi), rng.uniform(0, 2 * math.pi, 8)
    reach = (np.array(room_size[:2]) / 2 - 0.8) * rng.uniform(0.8, 1.0)

    def sway(which: int, period: float) -> np.ndarray:
        result: np.ndarray = np.sin(2 * math.pi * seconds / period + phases[which])
        return result

    angle = start + turn * (seconds + 0.15 * sway(0, 4.0))
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    radius = 0.85 + 0.15 * sway(1, 3.4)
    height = 1.55 + 0.15 * sway(2, 2.9) + 0.03 * sway(3, 0.8)
    positions = np.concatenate([around * reach * radius[:, None], height[:, None]], axis=1)
    targets = np.stack([0.3 * sway(4, 5.1), 0.3 * sway(5, 4.7), 0.85 + 0.15 * sway(6, 3.9)], axis=1)
    rolls = 0.05 * sway(7, 2.3)
    return np.stack([look_at(p, t, r) for p, t, r in zip(positions, targets, rolls, strict=True)])
