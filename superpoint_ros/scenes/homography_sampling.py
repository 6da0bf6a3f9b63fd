"""Random homographies, as the SuperPoint paper draws them.

SuperPoint paper, section 4.2 and figure 6: a central crop is perspectively distorted, scaled, rotated in the plane
and translated, each by a truncated normal amount, and what it then covers becomes the new image.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import ndtr, ndtri

from superpoint_ros.core.options import check_options, option

TRUNCATION = 2.0  # standard deviations
MAX_PERSPECTIVE = 0.249  # at 0.25, opposite corners of the quadrilateral may meet


@dataclass(frozen=True)
class HomographyRanges:
    """Describe how far sampled homographies go; every amount is symmetric around "no change".

    Raises:
        ParameterError: A value that is not allowed.
    """

    crop: float = option(0.85, "Side of the central crop relative to the image's.", limits=(0.01, 1.0))
    perspective: float = option(
        0.2, "Largest displacement of a corner relative to the crop's side.", limits=(0.0, MAX_PERSPECTIVE)
    )
    scale: float = option(0.2, "Largest zoom ratio minus one, either way: 0.5 = from 1/1.5 to 1.5.", limits=(0.0, 10.0))
    rotation: float = option(90.0, "Largest in-plane rotation.", unit="deg", limits=(0.0, 180.0))
    translation: float = option(0.1, "Largest shift relative to the image's side.", limits=(0.0, 1.0))

    def __post_init__(self) -> None:
        check_options(self)


def truncated_normal(rng: np.random.Generator, size: int | None = None) -> np.ndarray:
    """Draw from a standard normal truncated at TRUNCATION standard deviations and scaled to [-1, 1]."""
    low, high = ndtr(-TRUNCATION), ndtr(TRUNCATION)
    result: np.ndarray = ndtri(rng.uniform(low, high, size)) / TRUNCATION
    return result


def image_outline(size: tuple[int, int]) -> np.ndarray:
    """Compute the outer corners of an image's corner pixels (core/geometry.py has those pixels' centers).

    Args:
        size: Size of the image, (height, width), pixels.

    Returns:
        float64 (4, 2), pixels, clockwise from the top left, (-0.5, -0.5).
    """
    height, width = size
    return np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])


def _unit_quadrilateral(rng: np.random.Generator, ranges: HomographyRanges) -> np.ndarray:
    """Draw the centered unit square as a tilted camera would see it."""
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
    """Draw a homography, float64 (3, 3), from the pixels of an image of (height, width) to those of its warp.

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
    corners = image_outline(size)
    return cv2.getPerspectiveTransform(covered.astype(np.float32), corners.astype(np.float32))
