"""Ray casting: a scene, a pose and pinhole intrinsics -> a color image and exact depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from superpoint_ros.scenes.lighting import bake
from superpoint_ros.scenes.sampling import MipmappedTextures, read_bilinear
from superpoint_ros.scenes.scene import Scene, first_hit, within_cone

TILE = 192  # rays on a side; small enough for the cache and to leave out most of the scene


@dataclass(frozen=True)
class Rendering:
    """Hold one camera image and its ground truth.

    Attributes:
        rgb: Image, uint8 (H, W, 3), RGB.
        depth: Depth along the optical axis at pixel centers, float32 (H, W), meters; infinite where nothing is hit.
    """

    rgb: np.ndarray
    depth: np.ndarray


class Renderer:
    """Render one scene from any pose.

    Args:
        scene: Scene to render.
        device: Torch device on which rays are cast.
        supersampling: Number of color samples per pixel, along x and along y.
    """

    def __init__(self, scene: Scene, device: str = "cpu", supersampling: int = 2):
        self.device = torch.device(device)
        self.scene = scene.to(self.device)
        self.supersampling = supersampling
        self._textures = MipmappedTextures(self.scene.textures)
        self._light, self._light_patches = bake(self.scene)

    def render(self, T_world_camera: np.ndarray, K: np.ndarray, image_size: tuple[int, int]) -> Rendering:
        """Render the image and the depth that a pinhole camera sees.

        Args:
            T_world_camera: Pose of the optical frame (x right, y down, z forward), (4, 4), meters.
            K: Intrinsics (3, 3), pixels; integer coordinates are pixel centers.
            image_size: Size of the image, (height, width), pixels.
        """
        height, width = image_size
        fine = self.supersampling
        pose = torch.as_tensor(T_world_camera, dtype=torch.float32, device=self.device)
        # Cast several rays per pixel for color, and average them
        samples = self._pixel_rays(pose, K, image_size, fine)
        spacing = 1 / (float(K[0, 0]) * fine)
        color = _by_tiles(samples, lambda rays: self._shade(pose[:3, 3:], rays, spacing))
        color = color.view(3, height, fine, width, fine).mean(dim=(2, 4)).permute(1, 2, 0)
        # Cast one ray through each pixel's center for depth: an average over an edge would be on no surface
        centers = self._pixel_rays(pose, K, image_size, 1)
        depth = _by_tiles(centers, lambda rays: self._hit(pose[:3, 3:], rays)[0])
        return Rendering(color.clamp(0, 255).round().to(torch.uint8).cpu().numpy(), depth.cpu().numpy())

    def _pixel_rays(self, pose: Tensor, K: np.ndarray, image_size: tuple[int, int], fine: int) -> Tensor:
        """Compute world directions (3, fine H, fine W) of evenly spaced samples, 1 long along the optical axis."""
        height, width = (torch.arange(side * fine, device=self.device) for side in image_size)
        focal_x, focal_y, center_x, center_y = (float(K[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
        x = ((width + 0.5) / fine - 0.5 - center_x) / focal_x
        y = ((height + 0.5) / fine - 0.5 - center_y) / focal_y
        y, x = torch.meshgrid(y, x, indexing="ij")
        return torch.einsum("ij,jhw->ihw", pose[:3, :3], torch.stack([x, y, torch.ones_like(x)]))

    def _hit(self, origin: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        candidates = within_cone(self.scene.primitives, origin, direction)
        return first_hit(self.scene.primitives, origin, direction, candidates)

    def _shade(self, origin: Tensor, direction: Tensor, spacing: float) -> Tensor:
        """Compute the color (3, N) in [0, 255] of rays (3, N) that are `spacing` apart at unit depth."""
        # Find what each ray hits first
        distance, index = self._hit(origin, direction)
        points = origin + distance * direction
        color = torch.zeros(len(distance), 3, device=self.device)
        for number in torch.unique(index[index >= 0]).tolist():
            primitive = self.scene.primitives[number]
            rays = torch.nonzero(index == number).squeeze(1)
            for chart in primitive.charts(points[:, rays]):
                # Look up the texture, at the mipmap level of a sample's footprint on the surface
                material, (width, height) = primitive.materials[chart.face], primitive.face_size(chart.face)
                repeat_x, repeat_y = material.repeat or (width, height)
                u, v = chart.u * (width / repeat_x), chart.v * (height / repeat_y)
                chosen = rays[chart.columns]
                footprint = distance[chosen] * (spacing / min(repeat_x, repeat_y))
                albedo = self._textures.read(material.texture, u, v, footprint)
                # Multiply by the baked light
                patch = self._light_patches[number][chart.face]
                color[chosen] = albedo * read_bilinear(self._light, patch, chart.u, chart.v, wrap=False)
        return color.T


def _by_tiles(rays: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Apply a function of rays (3, N) -> (..., N) to the square tiles of rays (3, H, W) -> (..., H, W)."""

    def apply(tile: Tensor) -> Tensor:
        result = function(tile.flatten(1)).contiguous()
        return result.view(*result.shape[:-1], *tile.shape[1:])

    bands = [[apply(tile) for tile in torch.split(band, TILE, 2)] for band in torch.split(rays, TILE, 1)]
    return torch.cat([torch.cat(band, dim=-1) for band in bands], dim=-2)
