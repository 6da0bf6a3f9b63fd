"""Depth as a picture."""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.sparse_depth import is_depth


def color_depth(depth: np.ndarray, min_depth: float, max_depth: float) -> np.ndarray:
    """Color depth (H, W) [m] as uint8 (H, W, 3) BGR: red near, blue far, by its logarithm; black where none is."""
    known = is_depth(depth)
    place = np.log(np.where(known, depth, min_depth) / min_depth) / max(np.log(max_depth / min_depth), 1e-6)
    colored = cv2.applyColorMap((255 * np.clip(1.0 - place, 0, 1)).astype(np.uint8), cv2.COLORMAP_TURBO)
    return np.where(known[..., None], colored, 0).astype(np.uint8)


def depth_range(depth: np.ndarray) -> tuple[float, float]:
    """Find the 1st and the 99th percentile of the valid depths, meters; (1, 1) where there are none."""
    known = depth[is_depth(depth)]
    if not len(known):
        return 1.0, 1.0
    min_depth, max_depth = np.quantile(known, (0.01, 0.99))
    return float(min_depth), float(max_depth)
