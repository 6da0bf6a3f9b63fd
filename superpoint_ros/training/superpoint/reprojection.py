"""Keypoints of two views held together by the distance between them (reprojection loss of ALIKE, arXiv 2112.02906)."""

from __future__ import annotations

import torch
from torch import Tensor

from superpoint_ros.networks.refine import refine_keypoints, windows
from superpoint_ros.training.homographies import warp_points

PEAK_RADIUS = 3  # pixels around a common point within which each view's peak is looked for
MAX_DISTANCE = 3.0  # pixels between two peaks from which they show different things


def strongest_pixel(scores: Tensor, xy: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """Find the strongest pixel of the square around each point.

    Args:
        scores: Heat map (H, W), not negative.
        xy: Points (N, 2) inside the image, pixels.
        radius: Half the side of the square, pixels.

    Returns:
        Whole pixels xy (N, 2), in the points' precision, and their scores (N,).
    """
    side = 2 * radius + 1
    score, index = windows(scores, xy, radius, outside=-1.0).flatten(1).max(dim=1)
    step = torch.stack([index % side, index // side], dim=1) - radius
    return xy.round() + step, score


def reprojection_loss(
    scores0: Tensor, scores1: Tensor, correspondences: Tensor, filled: Tensor, between: Tensor
) -> Tensor:
    """Average the distance between a peak of view 0, warped into view 1, and the peak that view 1 has there.

    Both are refined as at inference, to the center of mass of the scores around them, through which the gradient goes.

    Args:
        scores0: Heat maps of the first views, (B, H, W).
        scores1: Heat maps of the second views.
        correspondences: Common points near which the peaks are, (B, K, 4): x, y in view 0 and in view 1, pixels.
        filled: Rows that count, bool (B, K).
        between: Homographies from view 0 to view 1, (B, 3, 3).

    Returns:
        Mean over all pairs of peaks nearer than MAX_DISTANCE, in pixels, weighted by the root of their scores' product.
    """
    total, weights = scores0.new_zeros(()), scores0.new_zeros(())
    for first, second, points, rows, homography in zip(scores0, scores1, correspondences, filled, between, strict=True):
        xy0, score0 = strongest_pixel(first, points[rows, :2], PEAK_RADIUS)
        xy1, score1 = strongest_pixel(second, points[rows, 2:], PEAK_RADIUS)
        refined0, refined1 = refine_keypoints(first, xy0), refine_keypoints(second, xy1)
        distance = (warp_points(refined0[None], homography[None])[0] - refined1).norm(dim=1)
        weight = torch.sqrt(score0 * score1).detach() * (distance < MAX_DISTANCE)
        total = total + (weight * torch.where(distance < MAX_DISTANCE, distance, 0.0)).sum()
        weights = weights + weight.sum()
    return total / weights.clamp(min=torch.finfo(scores0.dtype).tiny)
