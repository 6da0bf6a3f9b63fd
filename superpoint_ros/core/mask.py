"""Parts of an image in which no keypoint is wanted: the robot's own body, the sky, the rim of a fisheye lens."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.types import Features


def unmasked(xy: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Tell which points (N, 2) are where keypoints are wanted, bool (N,).

    Args:
        xy: Points, pixels; those outside the mask's image are not wanted.
        mask: uint8 or bool (H, W), 0 where nothing is wanted; None = everything is.
    """
    if mask is None:
        return np.ones(len(xy), bool)
    height, width = mask.shape
    column, row = np.rint(xy).astype(np.int64).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    wanted: np.ndarray = inside & (mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)] != 0)
    return wanted


def without_masked(features: Features, mask: np.ndarray | None) -> Features:
    """Return features without the keypoints that are under a mask, see `unmasked`."""
    return features if mask is None else features.take(unmasked(features.xy, mask))
