"""Depth as an average of the nearest samples, weighted by how far they are and how alike in colour."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import cKDTree

NEIGHBOURS = 8
SMALLEST_DISTANCE = 1e-4  # pixels
COLOR_DEVIATION = 15.0  # gray levels, root mean square over the channels
LEAST_LIKENESS = 1e-4  # weight of another colour


def average_by_distance(sparse: np.ndarray) -> np.ndarray:
    """Mean of the 8 nearest samples, weighted by the inverse square of their distance (Shepard, 1968).

    Args:
        sparse: float32 (H, W), metres, NaN = no sample; at least one sample.

    Returns:
        float32 (H, W), metres.
    """
    distance, index = _neighbours(np.isfinite(sparse))
    return _weighted(sparse, index, distance**-2.0)


def average_by_color(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """The same, samples of another colour than the pixel's counting less: a joint bilateral filter over samples.

    Args:
        image: uint8 (H, W) or (H, W, C), slightly blurred here.
        sparse: as for average_by_distance.

    Returns:
        float32 (H, W), metres.
    """
    known = np.isfinite(sparse)
    distance, index = _neighbours(known)
    color = cv2.GaussianBlur(image, (5, 5), 0).reshape(*image.shape[:2], -1).astype(np.float32)
    samples = color[known]
    apart = np.zeros(distance.shape, np.float32)
    for channel in range(color.shape[2]):
        apart += (color[:, :, channel, None] - samples[:, channel][index]) ** 2
    apart /= color.shape[2]
    apart[distance <= SMALLEST_DISTANCE] = 0.0
    alike = np.maximum(np.exp(-apart / (2 * COLOR_DEVIATION**2)), LEAST_LIKENESS)
    return _weighted(sparse, index, distance**-2.0 * alike)


def _neighbours(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance [px] to the nearest samples of every pixel, (H, W, K), and their number in row-major order."""
    samples = np.argwhere(known)
    pixels = np.indices(known.shape).reshape(2, -1).T
    distance, index = cKDTree(samples).query(pixels, k=np.arange(1, min(NEIGHBOURS, len(samples)) + 1))
    shape = (*known.shape, -1)
    return np.maximum(distance.reshape(shape), SMALLEST_DISTANCE), index.reshape(shape)


def _weighted(sparse: np.ndarray, index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    depth = sparse[np.isfinite(sparse)][index]
    return ((depth * weight).sum(axis=2) / weight.sum(axis=2)).astype(np.float32)
