"""Parts of an image in which no keypoint is wanted: the robot's own body, the sky, the rim of a fisheye lens."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.geometry import inside_image
from superpoint_ros.core.types import Features


def unmasked(xy: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Tell which points (N, 2) are where keypoints are wanted, bool (N,).

    Args:
        xy: Points, pixels; those outside the mask's image are not wanted.
        mask: uint8 or bool (H, W), 0 where nothing is wanted; None = everything is.
    """
    if mask is None:
        return np.ones(len(xy), bool)
    pixels = np.rint(xy).astype(np.int64)
    wanted = inside_image(pixels, (mask.shape[0], mask.shape[1]))
    column, row = pixels[wanted].T
    wanted[wanted] = mask[row, column] != 0
    return wanted


def without_masked(features: Features, mask: np.ndarray | None) -> Features:
    """Return features without the keypoints that are under a mask, see `unmasked`."""
    return features if mask is None else features.take(unmasked(features.xy, mask))
