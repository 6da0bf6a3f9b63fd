"""Drawings of dense depth: image, samples, prediction and error side by side, one row per density."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from superpoint_ros.core.depth_drawing import color_depth, depth_range
from superpoint_ros.core.sparse_depth import is_depth

MAX_ERROR = 0.2  # relative; larger errors look the same
DOT = 3  # pixels, side of a drawn sample


def color_error(predicted: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Draw the relative error, uint8 (H, W, 3) BGR: black = 0, white = MAX_ERROR and above, gray = unknown."""
    known = is_depth(predicted) & is_depth(measured)
    error = np.abs(np.where(known, predicted, 1.0) / np.where(known, measured, 1.0) - 1.0)
    colored = cv2.applyColorMap((255 * np.clip(error / MAX_ERROR, 0, 1)).astype(np.uint8), cv2.COLORMAP_HOT)
    return np.where(known[..., None], colored, 90).astype(np.uint8)


def draw_strip(
    image: np.ndarray, measured: np.ndarray, rows: Sequence[tuple[np.ndarray, np.ndarray, str]]
) -> np.ndarray:
    """Draw image, samples, prediction and error side by side, one row per density.

    Args:
        image: Image, uint8 (H, W) or (H, W, 3) BGR.
        measured: True depth (H, W), meters; determines the range of colors.
        rows: Sparse depth, predicted depth and caption of each row.

    Returns:
        Drawing, uint8 (H, W, 3), BGR.
    """
    bgr = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image
    min_depth, max_depth = depth_range(measured)
    strips = []
    for sparse, predicted, caption in rows:
        dots = cv2.dilate(np.where(is_depth(sparse), sparse, 0).astype(np.float32), np.ones((DOT, DOT)))
        panels = [
            bgr.copy(), color_depth(dots, min_depth, max_depth), color_depth(predicted, min_depth, max_depth),
            color_error(predicted, measured),
        ]  # fmt: skip
        cv2.putText(panels[0], caption, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 4, cv2.LINE_AA)
        cv2.putText(panels[0], caption, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 1, cv2.LINE_AA)
        strips.append(np.hstack(panels))
    return np.vstack(strips)
