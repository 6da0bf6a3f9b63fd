"""Corners as the detector's classes: one of 64 pixels per cell of 8x8, or none.

SuperPoint paper, section 3.4: class 8 dy + dx for a corner at pixel (8 column + dx, 8 row + dy), 64 for no corner.
"""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.decode_options import CELL_SIZE

NO_CORNER = CELL_SIZE * CELL_SIZE
IGNORED = -100  # the class that cross-entropy leaves out


def cell_labels(corners: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Turn corners (N, 2) into classes int64 (height / 8, width / 8); of several in a cell one is drawn at random.

    Args:
        corners: Pixels xy of the corners; each stands for the pixel nearest to it, those outside the image for nothing.
        size: Size (height, width), multiples of 8.
        rng: Decides among several corners of a cell.
    """
    height, width = size
    labels = np.full((height // CELL_SIZE, width // CELL_SIZE), NO_CORNER, np.int64)
    pixel = np.floor(rng.permutation(np.asarray(corners).reshape(-1, 2)) + 0.5).astype(np.int64)
    x, y = pixel[np.all((pixel >= 0) & (pixel < [width, height]), axis=1)].T
    labels[y // CELL_SIZE, x // CELL_SIZE] = y % CELL_SIZE * CELL_SIZE + x % CELL_SIZE
    return labels
