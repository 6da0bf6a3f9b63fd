"""Depth as an average of the nearest samples, weighted by distance and by likeness of color."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import cKDTree

NEIGHBORS = 8
MIN_DISTANCE = 1e-4  # pixels
COLOR_DEVIATION = 15.0  # gray levels, root mean square over the channels
MIN_LIKENESS = 1e-4  # weight of another color


def average_by_distance(sparse: np.ndarray) -> np.ndarray:
    """Average the 8 nearest samples, weighted by the inverse square of their distance (Shepard, 1968).

    Args:
        sparse: Sparse depth, float32 (H, W), meters, NaN = no sample; at least one sample.

    Returns:
        float32 (H, W), meters.
    """
    distance, index = _neighbors(np.isfinite(sparse))
    return _weighted(sparse, index, distance**-2.0)


def average_by_color(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Average the 8 nearest samples, those of another color than the pixel counting less: a joint bilateral filter.

    Args:
        image: Image, uint8 (H, W) or (H, W, C); it is slightly blurred here.
        sparse: Sparse depth, float32 (H, W), meters, NaN = no sample; at least one sample.

    Returns:
        float32 (H, W), meters.
    """
    # Find the nearest samples of every pixel.
    known = np.isfinite(sparse)
    distance, index = _neighbors(known)
    # Compare their colors with the pixel's: mean squared difference over the channels.
    color = cv2.GaussianBlur(image, (5, 5), 0).reshape(*image.shape[:2], -1).astype(np.float32)
    samples = color[known]
    apart = np.zeros(distance.shape, np.float32)
    for channel in range(color.shape[2]):
        apart += (color[:, :, channel, None] - samples[:, channel][index]) ** 2
    apart /= color.shape[2]
    # Weight by color and by the inverse square of the distance; a pixel's own sample counts alone.
    alike = np.maximum(np.exp(-apart / (2 * COLOR_DEVIATION**2)), MIN_LIKENESS)
    return _weighted(sparse, index, distance**-2.0 * alike)


def _neighbors(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest samples of every pixel: distance [px] (H, W, K), and their number in row-major order."""
    samples = np.argwhere(known)
    pixels = np.indices(known.shape).reshape(2, -1).T
    distance, index = cKDTree(samples).query(pixels, k=np.arange(1, min(NEIGHBORS, len(samples)) + 1))
    shape = (*known.shape, -1)
    return np.maximum(distance.reshape(shape), MIN_DISTANCE), index.reshape(shape)


def _weighted(sparse: np.ndarray, index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    depth = sparse[np.isfinite(sparse)][index]
    average: np.ndarray = ((depth * weight).sum(axis=2) / weight.sum(axis=2)).astype(np.float32)
    return average
