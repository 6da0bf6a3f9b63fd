"""Random homographies, as the SuperPoint paper draws them.

SuperPoint paper, section 4.2 and figure 6: a central crop is perspectively distorted, scaled, rotated in the plane
and translated, each by a truncated normal amount, and what it then covers becomes the new image.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import ndtr, ndtri

from superpoint_ros.core.options import require

TRUNCATION = 2.0  # standard deviations


@dataclass(frozen=True)
class HomographyRanges:
    """How far the sampled homographies go; every amount is symmetric around "no change".

    Attributes:
        crop: side of the central crop relative to the image's, in (0, 1].
        perspective: largest displacement of a corner relative to the crop's side, below 0.25.
        scale: largest zoom ratio minus one, either way: 0.5 = from 1/1.5 to 1.5.
        rotation: largest in-plane rotation, degrees.
        translation: largest shift relative to the image's side.
    """

    crop: float = 0.85
    perspective: float = 0.2
    scale: float = 0.2
    rotation: float = 90.0
    translation: float = 0.1

    def __post_init__(self) -> None:
        checks = {
            "crop": 0.0 < self.crop <= 1.0,
            "perspective": 0.0 <= self.perspective < 0.25,
            "scale": self.scale >= 0.0,
            "rotation": 0.0 <= self.rotation <= 180.0,
            "translation": 0.0 <= self.translation <= 1.0,
        }
        require(self, checks)


def truncated_normal(rng: np.random.Generator, size: int | None = None) -> np.ndarray:
    """Standard normal cut at TRUNCATION standard deviations and scaled to [-1, 1]."""
    low, high = ndtr(-TRUNCATION), ndtr(TRUNCATION)
    return ndtri(rng.uniform(low, high, size)) / TRUNCATION


def image_corners(size: tuple[int, int]) -> np.ndarray:
    """Outer corners of an image of (height, width): float64 (4, 2), pixel centres being integers."""
    height, width = size
    return np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])


def _unit_quadrilateral(rng: np.random.Generator, ranges: HomographyRanges) -> np.ndarray:
    """The centred unit square, its corners moved as a tilted camera would move them."""
    left, right, vertical = ranges.perspective * truncated_normal(rng, 3)
    return np.array(
        [
            [-0.5 + left, -0.5 + vertical],
            [0.5 + right, -0.5 - vertical],
            [0.5 - right, 0.5 + vertical],
            [-0.5 - left, 0.5 - vertical],
        ]
    )


def sample_homography(rng: np.random.Generator, size: tuple[int, int], ranges: HomographyRanges) -> np.ndarray:
    """A random homography float64 (3, 3) from the pixels of an image of (height, width) to those of its warp.

    The quadrilateral that was sampled becomes the whole warped image; parts of it may lie outside the image.
    """
    height, width = size
    extent = np.array([width, height], np.float64)
    zoom = (1.0 + ranges.scale) ** truncated_normal(rng)
    angle = np.deg2rad(ranges.rotation) * truncated_normal(rng)
    shift = ranges.translation * truncated_normal(rng, 2) * extent
    quadrilateral = _unit_quadrilateral(rng, ranges) * extent * ranges.crop * zoom
    cosine, sine = np.cos(angle), np.sin(angle)
    rotated = quadrilateral @ np.array([[cosine, sine], [-sine, cosine]])
    covered = rotated + shift + (extent - 1.0) / 2.0
    corners = image_corners(size)
    return cv2.getPerspectiveTransform(covered.astype(np.float32), corners.astype(np.float32))
