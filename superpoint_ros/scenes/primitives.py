"""What rooms are made of: boxes (a room is one, seen from inside) and spheres, hit by rays in batches.

World frame: meters, z up. Points and directions are float32 (3, N), one column per ray.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

# Per face +x, -x, +y, -y, +z, -z of a box: the axis and sign of "right" and of "down" as seen from outside.
RIGHT = ((1, 1), (1, -1), (0, -1), (0, 1), (0, 1), (0, 1))
DOWN = ((2, -1), (2, -1), (2, -1), (2, -1), (1, -1), (1, 1))
PARALLEL = 1e-12  # added to directions, so that rays along a face divide by no zero


def dot(first: Tensor, second: Tensor) -> Tensor:
    """Compute the dot products (N,) of columns (3, N); much faster than a reduction over an axis of three."""
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


@dataclass(frozen=True)
class Material:
    """Describe how a face looks.

    Attributes:
        texture: Index of the scene's texture.
        repeat: (width, height) in meters that one copy of the texture covers; None = the whole face.
        emission: Brightness of its own; such primitives cast no shadow. 0 = lit by the lights alone.
    """

    texture: int
    repeat: tuple[float, float] | None = None
    emission: float = 0.0


@dataclass(frozen=True)
class Chart:
    """Hold the points on one face: their columns, and u and v (M,) in [0, 1] across the face."""

    face: int
    columns: Tensor
    u: Tensor
    v: Tensor


class Primitive(Protocol):
    """Define a solid with numbered faces, each with a material and a rectangle of texture coordinates."""

    @property
    def materials(self) -> tuple[Material, ...]:
        """Return one material per face."""
        ...

    def to(self, device: torch.device) -> Primitive:
        """Return the same primitive with its tensors on a device."""
        ...

    def face_size(self, face: int) -> tuple[float, float]:
        """Return width and height of a face, meters."""
        ...

    def bounding_sphere(self) -> tuple[Tensor, float]:
        """Return center (3,) and radius, meters, of a ball that contains the primitive."""
        ...

    def intersect(self, origin: Tensor, direction: Tensor) -> Tensor:
        """Compute the distance (N,) along rays to the first hit, in lengths of `direction`; infinite for a miss.

        Args:
            origin: Start of the rays, (3, N) or (3, 1).
            direction: Direction of the rays, (3, N), of any length.
        """
        ...

    def charts(self, points: Tensor) -> Iterator[Chart]:
        """Compute texture coordinates of points (3, N) on the surface, face by face."""
        ...

    def points(self, face: int, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Compute points and unit normals (3, M), towards the visible side, at u, v (M,) of a face."""
        ...


@dataclass(frozen=True)
class Box:
    """Represent a box of any orientation.

    Attributes:
        center: Center (3,), meters, world frame.
        half: Half of the edge lengths (3,), meters.
        rotation: Axes of the box as columns (3, 3), in the world frame.
        materials: Materials of the faces +x, -x, +y, -y, +z, -z.
        inside: Whether the box is seen from inside.
    """

    center: Tensor
    half: Tensor
    rotation: Tensor
    materials: tuple[Material, ...]
    inside: bool = False

    def to(self, device: torch.device) -> Box:
        """Return the same box with its tensors on a device."""
        tensors = {name: getattr(self, name).to(device) for name in ("center", "half", "rotation")}
        return replace(self, **tensors)

    def face_size(self, face: int) -> tuple[float, float]:
        """Return width and height of a face, meters."""
        return 2 * float(self.half[RIGHT[face][0]]), 2 * float(self.half[DOWN[face][0]])

    def bounding_sphere(self) -> tuple[Tensor, float]:
        """Return center (3,) and half of the diagonal, meters."""
        return self.center, float(self.half.norm())

    def _to_local(self, points: Tensor) -> Tensor:
        return self.rotation.T @ (points - self.center[:, None])

    def intersect(self, origin: Tensor, direction: Tensor) -> Tensor:
        """Intersect by the slab method: entry is the last pair of planes entered, exit the first one left."""
        inverse = (self.rotation.T @ direction + PARALLEL).reciprocal()
        local, half = self._to_local(origin), self.half[:, None]
        first, second = (-half - local) * inverse, (half - local) * inverse
        entry = torch.minimum(first, second).amax(dim=0)
        leave = torch.maximum(first, second).amin(dim=0)
        distance = leave if self.inside else entry
        return torch.where((entry <= leave) & (distance > 0), distance, math.inf)

    def charts(self, points: Tensor) -> Iterator[Chart]:
        """Compute texture coordinates of points (3, N) on the surface, face by face."""
        local = self._to_local(points) / self.half[:, None]
        x, y, z = local.abs()
        along_x, along_y = (x >= y) & (x >= z), y >= z
        outward = torch.where(along_x, local[0], torch.where(along_y, local[1], local[2]))
        face = torch.where(along_x, 0, torch.where(along_y, 2, 4)) + (outward < 0)
        for present in torch.unique(face).tolist():
            columns = torch.nonzero(face == present).squeeze(1)
            (right, right_sign), (down, down_sign) = RIGHT[present], DOWN[present]
            u = (local[right, columns] * (-right_sign if self.inside else right_sign) + 1) / 2
            v = (local[down, columns] * down_sign + 1) / 2
            yield Chart(present, columns, u, v)

    def points(self, face: int, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Compute points and unit normals (3, M), towards the visible side, at u, v (M,) of a face."""
        (right, right_sign), (down, down_sign) = RIGHT[face], DOWN[face]
        local = torch.zeros(3, len(u), device=u.device)
        normal = torch.zeros(3, 1, device=u.device)
        local[face // 2] = outward = 1.0 - 2.0 * (face % 2)
        normal[face // 2] = -outward if self.inside else outward
        local[right] = (2 * u - 1) * (-right_sign if self.inside else right_sign)
        local[down] = (2 * v - 1) * down_sign
        position = self.rotation @ (local * self.half[:, None]) + self.center[:, None]
        return position, (self.rotation @ normal).expand(3, len(u))


@dataclass(frozen=True)
class Sphere:
    """Represent a sphere, its texture wrapped by longitude and latitude.

    Attributes:
        center: Center (3,), meters, world frame.
        radius: Radius, meters.
        materials: The one material.
    """

    center: Tensor
    radius: float
    materials: tuple[Material, ...]

    def to(self, device: torch.device) -> Sphere:
        """Return the same sphere with its tensors on a device."""
        return replace(self, center=self.center.to(device))

    def face_size(self, face: int) -> tuple[float, float]:
        """Return the circumference and half of it, meters."""
        return 2 * math.pi * self.radius, math.pi * self.radius

    def bounding_sphere(self) -> tuple[Tensor, float]:
        """Return center (3,) and radius, meters."""
        return self.center, self.radius

    def intersect(self, origin: Tensor, direction: Tensor) -> Tensor:
        """Intersect by the nearer root of the quadratic, for rays that start outside."""
        offset = origin - self.center[:, None]
        squared, half_slope = dot(direction, direction), dot(offset, direction)
        discriminant = half_slope**2 - squared * (dot(offset, offset) - self.radius**2)
        distance = (-half_slope - discriminant.clamp(min=0).sqrt()) / squared
        return torch.where((discriminant > 0) & (distance > 0), distance, math.inf)

    def charts(self, points: Tensor) -> Iterator[Chart]:
        """Compute texture coordinates of points (3, N) on the surface."""
        x, y, z = (points - self.center[:, None]) / self.radius
        u = torch.atan2(y, x) / (2 * math.pi) + 0.5
        v = 0.5 - torch.asin(z.clamp(-1, 1)) / math.pi
        yield Chart(0, torch.arange(points.shape[1], device=points.device), u, v)

    def points(self, face: int, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Compute points and unit normals (3, M), outwards, at u, v (M,)."""
        longitude, latitude = (u - 0.5) * 2 * math.pi, (0.5 - v) * math.pi
        ring = torch.cos(latitude)
        normal = torch.stack([ring * torch.cos(longitude), ring * torch.sin(longitude), torch.sin(latitude)])
        return self.center[:, None] + self.radius * normal, normal
