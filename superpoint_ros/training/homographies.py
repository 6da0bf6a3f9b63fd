"""Homographies applied to batches on the device: images, points and valid masks.

All homographies here map pixels of the image to pixels of its warp, integer coordinates being pixel centers.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from superpoint_ros.core.geometry import resize_matrix
from superpoint_ros.scenes.homography_sampling import HomographyRanges, sample_homography


def sample_homographies(
    rng: np.random.Generator,
    count: int,
    size: tuple[int, int],
    ranges: HomographyRanges,
    warped_size: tuple[int, int] | None = None,
) -> Tensor:
    """Sample homographies float64 (count, 3, 3) from an image of (height, width) to warps of `warped_size`."""
    resize = resize_matrix(size, warped_size or size)
    return torch.from_numpy(np.stack([resize @ sample_homography(rng, size, ranges) for _ in range(count)]))


def warp_points(points: Tensor, homographies: Tensor) -> Tensor:
    """Map points (B, N, 2) through homographies (B, 3, 3), in the points' precision; behind the camera becomes NaN."""
    homographies = homographies.to(points)
    homographies = homographies * torch.sign(torch.linalg.det(homographies))[:, None, None]
    warped = points @ homographies[:, :, :2].mT + homographies[:, None, :, 2]
    depth = warped[..., 2:]
    return warped[..., :2] / torch.where(depth > 0, depth, torch.nan)


def pixel_grid(size: tuple[int, int], device: torch.device) -> Tensor:
    """List xy of every pixel of an image (height, width), row by row: float64 (height * width, 2)."""
    height, width = size
    y, x = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2).double()


def _source_points(homographies: Tensor, warped_size: tuple[int, int]) -> Tensor:
    """Compute where each pixel of the warps comes from: float64 (B, height * width, 2)."""
    inverse = torch.linalg.inv(homographies.double())
    grid = pixel_grid(warped_size, homographies.device)
    return warp_points(grid.expand(len(homographies), -1, -1), inverse)


def warp_images(images: Tensor, homographies: Tensor, warped_size: tuple[int, int]) -> Tensor:
    """Warp images (B, C, H, W) bilinearly to (B, C, *warped_size); zero where a warp shows what lies outside."""
    height, width = images.shape[-2:]
    source = _source_points(homographies, warped_size)
    extent = torch.tensor([width - 1, height - 1], dtype=source.dtype, device=source.device)
    grid = torch.nan_to_num(2.0 * source / extent - 1.0, nan=-3.0).clamp(-3.0, 3.0)
    grid = grid.to(images.dtype).view(len(images), *warped_size, 2)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=True)


def valid_mask(homographies: Tensor, size: tuple[int, int], warped_size: tuple[int, int], erosion: int = 0) -> Tensor:
    """Tell which pixels of the warps show the image: bool (B, *warped_size).

    Args:
        homographies: Pixels of images to pixels of warps, (B, 3, 3).
        size: Size of the images, (height, width).
        warped_size: Size of the warps, (height, width).
        erosion: Pixels of the warp by which the region shrinks where the image ends inside the warp.
    """
    source = _source_points(homographies, warped_size)
    limit = torch.tensor([size[1] - 1, size[0] - 1], device=source.device)
    inside = ((source >= 0) & (source <= limit)).all(dim=-1).view(-1, *warped_size)
    if erosion:
        outside = F.max_pool2d((~inside).float()[:, None], 2 * erosion + 1, stride=1, padding=erosion)
        inside = outside[:, 0] == 0
    return inside
