"""Classical fills from more than the nearest sample: inverse distance, color-guided, morphological.

As all fills (see baselines.py): image uint8 (H, W) or (H, W, 3), sparse depth float32 (H, W) [m] with 0 where
unknown -> dense float32 (H, W) [m], 0 where there are no samples.
"""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.sample_averages import average_by_color, average_by_distance
from superpoint_ros.core.sparse_depth import is_depth

DIAMOND = np.array([[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], np.uint8)


def fill_inverse_distance(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Average the nearest samples by distance (core/sample_averages.py)."""
    return average_by_distance(samples(sparse)) if is_depth(sparse).any() else np.zeros(sparse.shape, np.float32)


def fill_guided(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Average the nearest samples by distance and color (core/sample_averages.py)."""
    return average_by_color(image, samples(sparse)) if is_depth(sparse).any() else np.zeros(sparse.shape, np.float32)


def samples(sparse: np.ndarray) -> np.ndarray:
    """Replace what is no depth by NaN, as core has it."""
    return np.where(is_depth(sparse), sparse, np.nan).astype(np.float32)


def fill_morphological(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Dilate near depths over far ones, ever wider until no hole is left; then blur by a median and a Gaussian.

    After Ku, Harakeh, Waslander, "In Defense of Classical Image Processing: Fast Depth Completion on the CPU" (2018),
    which stops at one large dilation, as lidar scans leave no larger holes. Samples keep their depth.
    """
    known = is_depth(sparse)
    if not known.any():
        return np.zeros(sparse.shape, np.float32)
    min_depth, max_depth = float(sparse[known].min()), float(sparse[known].max())
    closeness: np.ndarray = np.where(known, max_depth + 1.0 - sparse, 0.0).astype(np.float32)
    # Dilate inverted depth, so that the nearer of two samples wins, and close small holes
    closeness = cv2.dilate(closeness, DIAMOND)
    closeness = cv2.morphologyEx(closeness, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    # Fill the remaining holes with ever larger windows
    side = 7
    while (closeness <= 0).any():
        closeness = np.where(closeness > 0, closeness, cv2.dilate(closeness, np.ones((side, side), np.uint8)))
        side = min(31, 2 * side + 1)
    # Smooth, and invert again
    closeness = cv2.GaussianBlur(cv2.medianBlur(closeness, 5), (5, 5), 0)
    depth = np.clip(max_depth + 1.0 - closeness, min_depth, max_depth)
    return np.where(known, sparse, depth).astype(np.float32)
