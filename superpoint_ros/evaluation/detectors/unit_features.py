"""Any detector's arrays as Features with unit descriptors, strongest first."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.types import Features


def unit_rows(descriptors: np.ndarray) -> np.ndarray:
    """Scale rows (N, D) to unit length, float32; rows of zeros stay."""
    descriptors = np.asarray(descriptors, np.float32)
    length = np.linalg.norm(descriptors, axis=1, keepdims=True)
    return descriptors / np.where(length > 0, length, 1)


def unit_bits(descriptors: np.ndarray) -> np.ndarray:
    """Convert binary descriptors uint8 (N, D) to float32 (N, 8 D) of +-1/sqrt(8 D)."""
    bits = np.unpackbits(descriptors, axis=1).astype(np.float32)
    result: np.ndarray = (2 * bits - 1) / np.sqrt(np.float32(max(1, bits.shape[1])))
    return result


def top_features(
    xy: np.ndarray, score: np.ndarray, descriptors: np.ndarray, image_size: tuple[int, int], count: int
) -> Features:
    """Select the `count` highest scores as Features, in descending order; ties keep their order."""
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")[:count]
    xy = np.asarray(xy, np.float32).reshape(-1, 2)
    return Features(xy[order], np.asarray(score, np.float32)[order], descriptors[order], image_size)
