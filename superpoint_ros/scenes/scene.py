"""A scene of primitives, textures and lights, and what a batch of rays hits in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from superpoint_ros.scenes.primitives import Primitive, dot


@dataclass(frozen=True)
class Light:
    """Represent a glowing ball.

    Attributes:
        position: Center (3,), meters, world frame.
        radius: Radius, meters; the larger, the softer the shadows.
        power: Brightness of a white surface that faces it from one meter.
    """

    position: Tensor
    radius: float
    power: float


@dataclass(frozen=True)
class Scene:
    """Hold everything that is rendered.

    Attributes:
        primitives: Solids; rays that hit none see black at infinite depth.
        textures: Textures, uint8 (T, S, S, 3) RGB, S a power of two.
        lights: Glowing balls.
        ambient: Brightness of a white surface that is lit from all around and by no light.
        texel_size: Side of a lightmap texel, meters.
        light_samples: Number of rays per texel to each light, and to all sides: many for soft shadows, few for speed.
    """

    primitives: Sequence[Primitive]
    textures: Tensor
    lights: Sequence[Light]
    ambient: float
    texel_size: float = 0.08
    light_samples: int = 32

    def to(self, device: torch.device) -> Scene:
        """Return the same scene with its tensors on a device."""
        return replace(
            self,
            primitives=[primitive.to(device) for primitive in self.primitives],
            textures=self.textures.to(device),
            lights=[replace(light, position=light.position.to(device)) for light in self.lights],
        )


def within_cone(primitives: Sequence[Primitive], origin: Tensor, direction: Tensor) -> list[int]:
    """Find the indices of the primitives that rays (3, N) from one origin (3, 1) may hit, by a cone around the rays."""
    # Cone around the rays
    unit = direction / dot(direction, direction).sqrt()
    axis = torch.nn.functional.normalize(unit.mean(dim=1), dim=0)
    half_angle = torch.acos((axis @ unit).min().clamp(-1, 1))
    # Angle of each primitive's bounding sphere off the cone's axis, and its angular radius
    bounds = [primitive.bounding_sphere() for primitive in primitives]
    offset = torch.stack([center for center, _ in bounds], dim=1) - origin
    distance = offset.norm(dim=0)
    radius = torch.tensor([radius for _, radius in bounds], device=distance.device)
    off_axis = torch.acos(((axis @ offset) / distance).clamp(-1, 1))
    angular_radius = torch.asin((radius / distance).clamp(max=1))
    return torch.nonzero((distance <= radius) | (off_axis <= half_angle + angular_radius)).flatten().tolist()


def first_hit(
    primitives: Sequence[Primitive], origin: Tensor, direction: Tensor, candidates: Sequence[int] | None = None
) -> tuple[Tensor, Tensor]:
    """Find the first primitive that each ray hits.

    Args:
        primitives: Solids of the scene.
        origin: Start of the rays, (3, N) or (3, 1).
        direction: Direction of the rays, (3, N), of any length.
        candidates: Indices of the primitives to try; None = all.

    Returns:
        Distance (N,), in lengths of `direction`, infinite where nothing is hit; index (N,) of the primitive, or -1.
    """
    nearest = torch.full(direction.shape[1:], math.inf, device=direction.device)
    index = torch.full(direction.shape[1:], -1, dtype=torch.int16, device=direction.device)
    for number in range(len(primitives)) if candidates is None else candidates:
        distance = primitives[number].intersect(origin, direction)
        index.masked_fill_(distance < nearest, number)
        nearest = torch.minimum(nearest, distance)
    return nearest, index
