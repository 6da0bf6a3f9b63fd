"""A scene: primitives, textures and lights; and what a batch of rays meets in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from superpoint_ros.scenes.primitives import Primitive, dot


@dataclass(frozen=True)
class Light:
    """A glowing ball.

    Attributes:
        position: (3,), metres, world frame.
        radius: metres; the larger, the softer the shadows.
        power: brightness of a white surface that faces it from one metre.
    """

    position: Tensor
    radius: float
    power: float


@dataclass(frozen=True)
class Scene:
    """Everything there is to see.

    Attributes:
        primitives: solids; rays that hit none see black at infinite depth.
        textures: uint8 (T, S, S, 3) RGB, S a power of two.
        lights: balls of light.
        ambient: brightness of a white surface that is lit from all around and by no light.
        texel_size: metres between the places at which light is worked out beforehand.
        light_samples: rays per place to each light, and all around: many for soft shadows, few for speed.
    """

    primitives: Sequence[Primitive]
    textures: Tensor
    lights: Sequence[Light]
    ambient: float
    texel_size: float = 0.08
    light_samples: int = 32

    def to(self, device: torch.device) -> Scene:
        """The same scene with its tensors on a device."""
        return replace(
            self,
            primitives=[primitive.to(device) for primitive in self.primitives],
            textures=self.textures.to(device),
            lights=[replace(light, position=light.position.to(device)) for light in self.lights],
        )


def within_cone(primitives: Sequence[Primitive], origin: Tensor, direction: Tensor) -> list[int]:
    """Indices of the primitives that rays (3, N) from one origin (3, 1) may hit, by a cone around the rays."""
    unit = direction / dot(direction, direction).sqrt()
    axis = torch.nn.functional.normalize(unit.mean(dim=1), dim=0)
    half_angle = torch.acos((axis @ unit).min().clamp(-1, 1))
    bounds = [primitive.bounding_sphere() for primitive in primitives]
    offset = torch.stack([center for center, _ in bounds], dim=1) - origin
    distance = offset.norm(dim=0)
    radius = torch.tensor([radius for _, radius in bounds], device=distance.device)
    away = torch.acos(((axis @ offset) / distance).clamp(-1, 1))
    seen_under = torch.asin((radius / distance).clamp(max=1))
    return torch.nonzero((distance <= radius) | (away <= half_angle + seen_under)).flatten().tolist()


def first_hit(
    primitives: Sequence[Primitive], origin: Tensor, direction: Tensor, candidates: Sequence[int] | None = None
) -> tuple[Tensor, Tensor]:
    """Distance (N,), in lengths of `direction`, and index (N,) of the first primitive that each ray meets.

    Args:
        primitives: what may be hit.
        origin: (3, N) or (3, 1).
        direction: (3, N), of any length.
        candidates: indices of the primitives to try; None = all.

    Returns:
        Infinite distance and index -1 where nothing is hit.
    """
    nearest = torch.full(direction.shape[1:], math.inf, device=direction.device)
    index = torch.full(direction.shape[1:], -1, dtype=torch.int16, device=direction.device)
    for number in range(len(primitives)) if candidates is None else candidates:
        distance = primitives[number].intersect(origin, direction)
        index.masked_fill_(distance < nearest, number)
        nearest = torch.minimum(nearest, distance)
    return nearest, index
