"""Keypoints between pixels: the center of mass of the heat map around each peak."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def refine_keypoints(scores: Tensor, xy: Tensor, radius: int = 2) -> Tensor:
    """Move peaks to the center of mass of the scores in the square around them.

    Args:
        scores: Heat map (H, W), not negative.
        xy: Whole pixels, float (N, 2).
        radius: Half the side of the square, pixels.

    Returns:
        Pixels (N, 2), each moved by less than `radius` along either axis. Pixels outside the image weigh nothing.
    """
    column, row = xy.round().long().unbind(dim=1)
    padded = F.pad(scores, (radius,) * 4)
    offset = torch.arange(2 * radius + 1, device=scores.device)
    window = padded[(row[:, None] + offset)[:, :, None], (column[:, None] + offset)[:, None, :]]
    mass = window.sum(dim=(1, 2)).clamp(min=torch.finfo(scores.dtype).tiny)
    step = (offset - radius).to(scores.dtype)
    dx = (window.sum(dim=1) * step).sum(dim=1) / mass
    dy = (window.sum(dim=2) * step).sum(dim=1) / mass
    return xy + torch.stack([dx, dy], dim=1)
