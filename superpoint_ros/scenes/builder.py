"""Putting scenes together: newly drawn materials, boxes and balls. World frame: meters, z up."""

from __future__ import annotations

import math

import numpy as np
import torch

from superpoint_ros.scenes.primitives import Box, Material, Primitive, Sphere
from superpoint_ros.scenes.textures import TEXTURES

Triple = tuple[float, float, float]

# Meters covered by one copy of a texture; those not named fit the face they are on.
REPEAT = {
    "checker": 1.0,
    "bricks": 1.1,
    "tiles": 1.0,
    "planks": 1.3,
    "plaster": 1.6,
    "wallpaper": 1.2,
    "terrazzo": 1.1,
    "wood": 0.9,
}


def vector(*values: float) -> torch.Tensor:
    """Make a float32 tensor (N,)."""
    return torch.tensor(values, dtype=torch.float32)


def yawed(angle: float) -> torch.Tensor:
    """Compute the rotation (3, 3) about z by an angle in radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def tumbled(rng: np.random.Generator) -> torch.Tensor:
    """Draw a rotation (3, 3), uniformly over all rotations."""
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return torch.from_numpy((q * np.linalg.det(q)).astype(np.float32))


class SceneBuilder:
    """Collect primitives and the textures of their faces.

    Args:
        rng: Source of everything random.
        texture_size: Side of every texture, pixels, a power of two.
    """

    def __init__(self, rng: np.random.Generator, texture_size: int = 512):
        self.rng = rng
        self.texture_size = texture_size
        self.primitives: list[Primitive] = []
        self._textures: list[np.ndarray] = []

    @property
    def textures(self) -> torch.Tensor:
        """Stack all textures, uint8 (T, S, S, 3)."""
        return torch.from_numpy(np.stack(self._textures))

    def material(self, *names: str, scale: float = 1.0, emission: float = 0.0) -> Material:
        """Draw a new texture of one of the named kinds, its pattern `scale` times its usual size."""
        name = names[self.rng.integers(len(names))]
        self._textures.append(TEXTURES[name](self.rng, self.texture_size))
        repeat = REPEAT[name] * scale if name in REPEAT else None
        return Material(len(self._textures) - 1, (repeat, repeat) if repeat else None, emission)

    def box(self, center: Triple, size: Triple, rotation: float | torch.Tensor, *faces: Material) -> None:
        """Add a box of any orientation.

        Args:
            center: Center, meters.
            size: Edge lengths along its own axes, meters.
            rotation: Yaw in radians, or a rotation (3, 3).
            faces: One material, or those of the front (-y), of the top and of the other faces.
        """
        front, top, rest = faces if len(faces) == 3 else faces * 3
        matrix = yawed(rotation) if isinstance(rotation, float) else rotation
        self.primitives.append(Box(vector(*center), vector(*size) / 2, matrix, (rest, rest, rest, front, top, rest)))

    def shell(self, center: Triple, size: Triple, *faces: Material) -> None:
        """Add a box seen from inside, of one material or of those of +x, -x, +y, -y, +z, -z."""
        materials = faces if len(faces) == 6 else faces * 6
        self.primitives.append(Box(vector(*center), vector(*size) / 2, torch.eye(3), materials, inside=True))

    def ball(self, center: Triple, radius: float, material: Material) -> None:
        """Add a sphere."""
        self.primitives.append(Sphere(vector(*center), radius, (material,)))
