"""Classical fills that look further than the nearest sample: inverse distance, colour-guided, morphological.

Like all fills (see depth_baselines.py): image uint8 (H, W) or (H, W, 3), sparse depth float32 (H, W) [m] with 0 where
unknown -> dense float32 (H, W) [m], 0 where nothing is known.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import cKDTree

from superpoint_ros.core.sparse_depth import is_depth

NEIGHBOURS = 8
SMALLEST_DISTANCE = 1e-4  # pixels
COLOR_DEVIATION = 15.0  # gray levels, root mean square over the channels
DIAMOND = np.array([[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], np.uint8)


def fill_inverse_distance(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Mean of the 8 nearest samples, weighted by the inverse square of their distance (Shepard, 1968)."""
    known = is_depth(sparse)
    if not known.any():
        return np.zeros(sparse.shape, np.float32)
    distance, index = _neighbours(known)
    return _weighted(sparse, index, distance**-2.0)


def fill_guided(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """The same, samples of another colour than the pixel's counting less: a joint bilateral filter over samples."""
    known = is_depth(sparse)
    if not known.any():
        return np.zeros(sparse.shape, np.float32)
    distance, index = _neighbours(known)
    color = cv2.GaussianBlur(image, (5, 5), 0).reshape(*image.shape[:2], -1).astype(np.float32)
    apart = np.mean((color[:, :, None] - color[known][index]) ** 2, axis=-1)
    apart[distance <= SMALLEST_DISTANCE] = 0.0
    alike = np.maximum(np.exp(-apart / (2 * COLOR_DEVIATION**2)), 1e-4)
    return _weighted(sparse, index, distance**-2.0 * alike)


def _neighbours(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance [px] to the nearest samples of every pixel, (H, W, K), and their number in row-major order."""
    samples = np.argwhere(known)
    pixels = np.indices(known.shape).reshape(2, -1).T
    distance, index = cKDTree(samples).query(pixels, k=np.arange(1, min(NEIGHBOURS, len(samples)) + 1))
    shape = (*known.shape, -1)
    return np.maximum(distance.reshape(shape), SMALLEST_DISTANCE), index.reshape(shape)


def _weighted(sparse: np.ndarray, index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    depth = sparse[is_depth(sparse)][index]
    return ((depth * weight).sum(axis=2) / weight.sum(axis=2)).astype(np.float32)


def fill_morphological(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Dilations in which the nearer depth wins, ever larger until no hole is left, then a median and a Gaussian blur.

    After Ku, Harakeh, Waslander, "In Defense of Classical Image Processing: Fast Depth Completion on the CPU" (2018),
    which stops at one large dilation, as lidar scans leave no larger holes. Samples keep their depth.
    """
    known = is_depth(sparse)
    if not known.any():
        return np.zeros(sparse.shape, np.float32)
    nearest, farthest = float(sparse[known].min()), float(sparse[known].max())
    closeness: np.ndarray = np.where(known, farthest + 1.0 - sparse, 0.0).astype(np.float32)
    closeness = cv2.dilate(closeness, DIAMOND)
    closeness = cv2.morphologyEx(closeness, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    side = 7
    while (closeness <= 0).any():
        closeness = np.where(closeness > 0, closeness, cv2.dilate(closeness, np.ones((side, side), np.uint8)))
        side = min(31, 2 * side + 1)
    closeness = cv2.GaussianBlur(cv2.medianBlur(closeness, 5), (5, 5), 0)
    depth = np.clip(farthest + 1.0 - closeness, nearest, farthest)
    return np.where(known, sparse, depth).astype(np.float32)
