"""Keypoints between pixels: the center of mass of the heat map around each peak."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def windows(scores: Tensor, xy: Tensor, radius: int, outside: float = 0.0) -> Tensor:
    """Cut the squares around pixels out of a heat map.

    Args:
        scores: Heat map (H, W).
        xy: Pixels (N, 2), rounded to whole ones.
        radius: Half the side of a square, pixels.
        outside: What stands beyond the image.

    Returns:
        Scores (N, 2 radius + 1, 2 radius + 1).
    """
    column, row = xy.round().long().unbind(dim=1)
    padded = F.pad(scores, (radius,) * 4, value=outside)
    offset = torch.arange(2 * radius + 1, device=scores.device)
    return padded[(row[:, None] + offset)[:, :, None], (column[:, None] + offset)[:, None, :]]


def refine_keypoints(scores: Tensor, xy: Tensor, radius: int = 2) -> Tensor:
    """Move peaks to the center of mass of the scores in the square around them.

    Args:
        scores: Heat map (H, W), not negative.
        xy: Whole pixels, float (N, 2).
        radius: Half the side of the square, pixels.

    Returns:
        Pixels (N, 2), each moved by less than `radius` along either axis. Pixels outside the image weigh nothing.
    """
    window = windows(scores, xy, radius)
    mass = window.sum(dim=(1, 2)).clamp(min=torch.finfo(scores.dtype).tiny)
    step = torch.arange(-radius, radius + 1, dtype=scores.dtype, device=scores.device)
    dx = (window.sum(dim=1) * step).sum(dim=1) / mass
    dy = (window.sum(dim=2) * step).sum(dim=1) / mass
    return xy + torch.stack([dx, dy], dim=1)
