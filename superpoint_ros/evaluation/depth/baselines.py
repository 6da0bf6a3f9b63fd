"""Dense depth from sparse samples without a network: the baselines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import QhullError

from superpoint_ros.core.sparse_depth import is_depth, nearest_sample
from superpoint_ros.evaluation.depth.fills import fill_guided, fill_inverse_distance, fill_morphological, samples

# Image uint8 (H, W) or (H, W, 3), sparse depth float32 (H, W) [m] with 0 = unknown -> dense float32 (H, W) [m].
Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


def fill_nearest(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Fill every pixel with the depth of the nearest sample; with 0 where there are no samples."""
    result: np.ndarray = np.nan_to_num(nearest_sample(samples(sparse)).depth)
    return result


def fill_linear(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
    """Interpolate linearly over the Delaunay triangles of the samples; use the nearest sample outside their hull."""
    filled = fill_nearest(image, sparse)
    known = np.argwhere(is_depth(sparse))
    if len(known) < 3:
        return filled
    try:
        interpolate = LinearNDInterpolator(known, sparse[known[:, 0], known[:, 1]])
    except QhullError:  # all samples on one line
        return filled
    linear = interpolate(*np.indices(sparse.shape))
    return np.where(np.isnan(linear), filled, linear).astype(np.float32)


FILLS: dict[str, Fill] = {
    "nearest": fill_nearest,
    "linear": fill_linear,
    "inverse-distance": fill_inverse_distance,
    "guided": fill_guided,
    "morphological": fill_morphological,
}
