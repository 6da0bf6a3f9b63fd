"""Selection of keypoints where there are more than wanted: the strongest, or those spread over a grid."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.decode_options import DecodeOptions


def select_top_k(xy: np.ndarray, image_size: tuple[int, int], options: DecodeOptions) -> np.ndarray:
    """Select the rows of xy (N, 2), given strongest first, that `max_keypoints` and the grid keep; int64, ascending."""
    count = options.max_keypoints
    if count is None or len(xy) <= count:
        return np.arange(len(xy))
    return np.arange(count) if options.grid == (1, 1) else np.sort(bucket(xy, image_size, options.grid)[:count])


def bucket(xy: np.ndarray, image_size: tuple[int, int], grid: tuple[int, int]) -> np.ndarray:
    """Order points (N, 2), given strongest first, as they are taken when the cells of a grid take turns."""
    # Number the cell of each point.
    (height, width), (rows, columns) = image_size, grid
    x, y = np.clip(np.rint(xy), 0, (width - 1, height - 1)).astype(np.int64).T
    cell = y * rows // height * columns + x * columns // width
    # Number the turn at which each point is taken: its rank within its cell.
    by_cell = np.argsort(cell, kind="stable")
    _, start, count = np.unique(cell[by_cell], return_index=True, return_counts=True)
    turn = np.empty_like(cell)
    turn[by_cell] = np.arange(len(cell)) - np.repeat(start, count)
    return np.argsort(turn, kind="stable")
