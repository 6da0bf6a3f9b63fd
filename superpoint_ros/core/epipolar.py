"""Which pairs of points agree with the epipolar geometry of their two images."""

from __future__ import annotations

import cv2
import numpy as np

# Fewer pairs than this say nothing about a fundamental matrix (it takes 7 or 8 to fit one).
MIN_PAIRS_FOR_GEOMETRY = 15


def epipolar_inliers(xy0: np.ndarray, xy1: np.ndarray, threshold: float) -> np.ndarray:
    """Tell which pairs of points agree with the fundamental matrix that most of them agree with.

    Args:
        xy0: Points in the first image (N, 2), pixels.
        xy1: Points in the second image (N, 2), pixels.
        threshold: Largest distance of a point from its epipolar line, pixels.

    Returns:
        bool (N,); all True where there are too few pairs to say anything, or they determine no matrix.
    """
    good = np.ones(len(xy0), bool)
    if len(xy0) < MIN_PAIRS_FOR_GEOMETRY:
        return good
    matrix, inliers = cv2.findFundamentalMat(xy0, xy1, cv2.USAC_MAGSAC, ransacReprojThreshold=threshold)
    return good if matrix is None or inliers is None else inliers.ravel().astype(bool)
