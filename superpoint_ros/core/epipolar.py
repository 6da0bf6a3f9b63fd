"""Which pairs of points agree with the epipolar geometry of their two images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

# Fewer pairs than this say nothing about a fundamental matrix (it takes 7 or 8 to fit one).
MIN_PAIRS_FOR_GEOMETRY = 15
CONFIDENCE = 0.99


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
    _, inliers = usac_or_ransac(
        lambda method: cv2.findFundamentalMat(xy0, xy1, method, threshold, CONFIDENCE), cv2.USAC_MAGSAC
    )
    return good if inliers is None else inliers


def usac_or_ransac(
    estimate: Callable[[int], tuple[Any, Any]], usac: int
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Have OpenCV estimate an epipolar geometry by a method of USAC, and by plain RANSAC where that one fails.

    USAC of OpenCV 5.0 raises an error where a sample that it refines determines no matrix.

    Args:
        estimate: Calls OpenCV's function with the method that it is given.
        usac: The method: cv2.USAC_MAGSAC, cv2.USAC_ACCURATE, ...

    Returns:
        The matrix (3, 3) and the pairs that agree with it, bool (N,); None where the pairs determine none, or several.
    """
    try:
        matrix, mask = estimate(usac)
    except cv2.error:
        matrix, mask = estimate(cv2.RANSAC)
    if matrix is None or mask is None or matrix.shape != (3, 3):
        return None, None
    return matrix, mask.ravel().astype(bool)
