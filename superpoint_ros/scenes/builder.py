"""Putting scenes together: newly drawn materials, boxes and balls. World frame: metres, z up."""

from __future__ import annotations

import math

import numpy as np
import torch

from superpoint_ros.scenes.primitives import Box, Material, Primitive, Sphere
from superpoint_ros.scenes.textures import TEXTURES

Triple = tuple[float, float, float]

# Metres covered by one copy of a texture; those not named fit the face they are on.
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
    """float32 (N,)."""
    return torch.tensor(values, dtype=torch.float32)


def yawed(angle: float) -> torch.Tensor:
    """Rotation (3, 3) about z, radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def tumbled(generator: np.random.Generator) -> torch.Tensor:
    """A random rotation (3, 3), all alike likely."""
    q, r = np.linalg.qr(generator.standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return torch.from_numpy((q * np.linalg.det(q)).astype(np.float32))


class SceneBuilder:
    """Collects primitives and the textures they wear.

    Args:
        generator: decides everything random.
        texture_size: pixels on a side, a power of two.
    """

    def __init__(self, generator: np.random.Generator, texture_size: int = 512):
        self.generator = generator
        self.texture_size = texture_size
        self.primitives: list[Primitive] = []
        self._textures: list[np.ndarray] = []

    @property
    def textures(self) -> torch.Tensor:
        """uint8 (T, S, S, 3)."""
        return torch.from_numpy(np.stack(self._textures))

    def material(self, *names: str, scale: float = 1.0, emission: float = 0.0) -> Material:
        """A newly drawn texture of one of the named kinds, its pattern `scale` times its usual size."""
        name = names[self.generator.integers(len(names))]
        self._textures.append(TEXTURES[name](self.generator, self.texture_size))
        repeat = REPEAT[name] * scale if name in REPEAT else None
        return Material(len(self._textures) - 1, (repeat, repeat) if repeat else None, emission)

    def box(self, center: Triple, size: Triple, rotation: float | torch.Tensor, *faces: Material) -> None:
        """A box, turned by a yaw or a rotation; of one material, or of a front (-y), a top and the other faces'."""
        front, top, rest = faces if len(faces) == 3 else faces * 3
        turn = yawed(rotation) if isinstance(rotation, float) else rotation
        self.primitives.append(Box(vector(*center), vector(*size) / 2, turn, (rest, rest, rest, front, top, rest)))

    def shell(self, center: Triple, size: Triple, *faces: Material) -> None:
        """A box seen from inside: one material, or those of +x, -x, +y, -y, +z, -z."""
        materials = faces if len(faces) == 6 else faces * 6
        self.primitives.append(Box(vector(*center), vector(*size) / 2, torch.eye(3), materials, inside=True))

    def ball(self, center: Triple, radius: float, material: Material) -> None:
        """A sphere."""
        self.primitives.append(Sphere(vector(*center), radius, (material,)))
