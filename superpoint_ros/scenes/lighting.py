"""Soft light that does not depend on where it is lit from, computed once per scene into lightmaps.

A lightmap texel holds the brightness of a white surface there: direct light from balls of light, with their soft
shadows, and ambient light as far as nearby surfaces leave it open.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from superpoint_ros.scenes.primitives import Primitive, dot
from superpoint_ros.scenes.sampling import Patch
from superpoint_ros.scenes.scene import Light, Scene, first_hit

TEXELS_PER_SIDE = (4, 64)
SURFACE_OFFSET = 1e-3  # meters, so that a surface does not shadow itself
AMBIENT_REACH = 1.2  # meters, beyond which a surface does not darken another
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


def bake(scene: Scene) -> tuple[Tensor, list[list[Patch]]]:
    """Compute the lightmaps of all faces: brightness (T, 1) and, per primitive and face, where its map lies in it."""
    shadow_casters = [p for p in scene.primitives if not p.materials[0].emission]
    points, normals, emission, patches = _texels(scene)
    brightness = direct_light(shadow_casters, scene.lights, points, normals, scene.light_samples)
    brightness += scene.ambient * openness(shadow_casters, points, normals, scene.light_samples)
    return (brightness + emission)[:, None], patches


def _texels(scene: Scene) -> tuple[Tensor, Tensor, Tensor, list[list[Patch]]]:
    """Collect points and normals (3, T), just off the surface, and emission (T,) of all lightmap texels."""
    points, normals, emission, offset = [], [], [], 0
    patches: list[list[Patch]] = []
    for primitive in scene.primitives:
        patches.append([])
        for face, material in enumerate(primitive.materials):
            height, width = _resolution(primitive.face_size(face), scene.texel_size)
            v, u = torch.meshgrid(
                (torch.arange(height, device=scene.textures.device) + 0.5) / height,
                (torch.arange(width, device=scene.textures.device) + 0.5) / width,
                indexing="ij",
            )
            position, normal = primitive.points(face, u.flatten(), v.flatten())
            points.append(position + SURFACE_OFFSET * normal)
            normals.append(normal)
            emission.append(torch.full_like(normal[0], material.emission))
            patches[-1].append(Patch(offset, height, width))
            offset += height * width
    return torch.cat(points, 1), torch.cat(normals, 1), torch.cat(emission), patches


def _resolution(face_size: tuple[float, float], texel_size: float) -> tuple[int, int]:
    """Compute rows and columns of the lightmap of a face of some (width, height) in meters."""
    low, high = TEXELS_PER_SIDE
    width, height = (min(max(math.ceil(side / texel_size), low), high) for side in face_size)
    return height, width


def _even_disc(count: int, device: torch.device) -> Tensor:
    """Spread points (2, count) evenly over the unit disc, on a sunflower spiral."""
    index = torch.arange(count, device=device)
    radius, angle = torch.sqrt((index + 0.5) / count), index * GOLDEN_ANGLE
    return torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)])


def _tangents(normals: Tensor) -> tuple[Tensor, Tensor]:
    """Compute two unit vectors (3, N) each that complete unit normals (3, N) to a frame."""
    axis = torch.zeros_like(normals)
    axis[0] = (normals[0].abs() < 0.9).float()
    axis[1] = 1 - axis[0]
    tangent = torch.linalg.cross(axis, normals, dim=0)
    tangent = tangent / dot(tangent, tangent).sqrt()
    return tangent, torch.linalg.cross(normals, tangent, dim=0)


def direct_light(
    casters: Sequence[Primitive], lights: Sequence[Light], points: Tensor, normals: Tensor, samples: int = 32
) -> Tensor:
    """Compute the brightness (N,) of white surface points (3, N); the lights' discs are sampled for soft shadows."""
    total = torch.zeros(points.shape[1], device=points.device)
    for light in lights:
        # Lambert's cosine law and the inverse square of the distance
        towards = light.position[:, None] - points
        distance = dot(towards, towards).sqrt()
        facing = (dot(towards, normals) / distance).clamp(min=0)
        # Cast shadow rays to points spread over the light's disc
        right, up = _tangents(towards / distance)
        lit = torch.zeros_like(total)
        for x, y in (light.radius * _even_disc(samples, points.device)).T.tolist():
            hit, _ = first_hit(casters, points, towards + x * right + y * up)
            lit += (hit >= 1).float()
        total += light.power * facing * lit / samples / distance**2
    return total


def openness(casters: Sequence[Primitive], points: Tensor, normals: Tensor, samples: int = 32) -> Tensor:
    """Compute the share (N,) of ambient light that reaches points, by cosine-weighted rays; 1 = unoccluded."""
    right, up = _tangents(normals)
    total = torch.zeros(points.shape[1], device=points.device)
    for x, y in _even_disc(samples, points.device).T.tolist():
        direction = x * right + y * up + math.sqrt(max(0.0, 1 - x * x - y * y)) * normals
        hit, _ = first_hit(casters, points, direction)
        total += (hit / AMBIENT_REACH).clamp(max=1)
    return total / samples
