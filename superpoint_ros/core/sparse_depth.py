"""Sparse depth: cleaning it, moving it between image sizes, and the two maps that the densifier's network reads.

Chen et al., "Estimating Depth from RGB and Sparse Sensing" (D3), ECCV 2018, section 3: S1 holds the depth of the
nearest sample, S2 grows with the distance to it. A sparse depth image is float32 (H, W), meters along the optical
axis, NaN = no sample; what comes from files and messages, where 0 says the same, is cleaned first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import ImageError

MIN_PLAUSIBLE_MEDIAN = 0.01  # meters
MAX_PLAUSIBLE_MEDIAN = 100.0
MAX_DEPTH = 1e6  # meters; far beyond it float32 has no room for what is computed of depths
# Depth that varies by more than this over 3x3 pixels is at an edge, where an error of one pixel means another surface.
MAX_DEPTH_SPREAD = 0.05
EDGE_REACH = 5  # pixels along each axis around a depth edge that are near it


@dataclass(frozen=True)
class NearestSample:
    """Hold depth and distance of every pixel's nearest sample.

    Attributes:
        depth: Depth of the sample (S1), float32 (H, W), meters; NaN where there is no sample at all.
        distance: Euclidean distance to the sample, float32 (H, W), pixels, 0 at samples; infinite where there is none.
    """

    depth: np.ndarray
    distance: np.ndarray


def is_depth(depth: np.ndarray) -> np.ndarray:
    """Tell which values are depths: above 0 and at most MAX_DEPTH."""
    valid: np.ndarray = (depth > 0) & (depth <= MAX_DEPTH)
    return valid


def clean_sparse_depth(sparse: np.ndarray) -> tuple[np.ndarray, int]:
    """Clean a sparse depth image: float32 with NaN where there is no sample, and the number of invalid samples dropped.

    NaN and 0 are no samples; negative values and those above MAX_DEPTH are invalid samples, dropped and counted.

    Raises:
        ImageError: Not (H, W), no pixels, or not of a floating-point type.
    """
    if not isinstance(sparse, np.ndarray):
        raise ImageError(f"sparse depth is {'None' if sparse is None else type(sparse).__name__}, not a NumPy array")
    if sparse.ndim != 2 or sparse.size == 0:
        raise ImageError(f"sparse depth has shape {sparse.shape}, not (H, W)")
    if not np.issubdtype(sparse.dtype, np.floating):
        raise ImageError(f"sparse depth has dtype {sparse.dtype}, not float32; convert it to meters first")
    # To float16 MAX_DEPTH is infinite.
    sparse = sparse.astype(np.promote_types(sparse.dtype, np.float32), copy=False)
    invalid = (sparse < 0) | (sparse > MAX_DEPTH)
    return np.where(is_depth(sparse), sparse, np.nan).astype(np.float32), int(invalid.sum())


def unit_warning(median: float) -> str | None:
    """Word a warning where the median of the samples [m] suggests another unit; None where it is plausible."""
    if median > MAX_PLAUSIBLE_MEDIAN:
        return f"median sample depth is {median:g} m: if the samples are in millimeters, divide them by 1000"
    if median < MIN_PLAUSIBLE_MEDIAN:
        return f"median sample depth is {median:g} m: if the samples are in kilometers or inverse, convert them"
    return None


def sparse_depth_from_points(xy: np.ndarray, depth: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Make a sparse depth image of points; of several on one pixel the nearest to the camera counts.

    Args:
        xy: Points (N, 2), pixels; those off the image are left out.
        depth: Depth of the points along the optical axis, (N,), meters; values that are no depths are left out.
        image_size: (height, width) of the image, pixels.
    """
    height, width = image_size
    with np.errstate(invalid="ignore"):
        column, row = np.floor(np.asarray(xy, np.float64).reshape(-1, 2).T + 0.5)
        seen = (column >= 0) & (column < width) & (row >= 0) & (row < height) & is_depth(depth)
    sparse = np.full(height * width, np.inf, np.float32)
    index = row[seen].astype(np.int64) * width + column[seen].astype(np.int64)
    np.minimum.at(sparse, index, np.asarray(depth)[seen].astype(np.float32))
    return np.where(np.isinf(sparse), np.float32(np.nan), sparse).reshape(image_size)


def sparse_depth_from_cloud(points: np.ndarray, camera: Camera) -> np.ndarray:
    """Project points (N, 3) in the optical frame, meters, into a camera: sparse depth of its image's size.

    Points behind the camera, or where its lens model has no inverse, are left out.
    """
    return sparse_depth_from_points(camera.project(points), points[:, 2], camera.image_size)


def sparse_depth_points(sparse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """List the samples of a clean sparse depth image: xy float32 (N, 2), pixels, and depth float32 (N,), meters."""
    row, column = np.nonzero(np.isfinite(sparse))
    return np.column_stack([column, row]).astype(np.float32), sparse[row, column]


def depth_at(depth: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Look up depth at points, float64 (N,): that of the nearest pixel, of what the nine pixels around agree on.

    NaN at the image's outermost pixels and beyond, where it is not measured, and where the depths that are measured
    around it spread too far (an edge).

    Args:
        depth: Depth image (H, W), meters, at least 3x3; what is no depth is not measured.
        xy: Points (N, 2), pixels.
    """
    column, row = np.round(xy).astype(int).T
    height, width = depth.shape
    inside = (row >= 1) & (row < height - 1) & (column >= 1) & (column < width - 1)
    row, column = np.clip(row, 1, height - 2), np.clip(column, 1, width - 2)
    offsets = np.arange(-1, 2)
    around = depth[row[:, None, None] + offsets[:, None], column[:, None, None] + offsets].astype(np.float64)
    around[~is_depth(around)] = np.nan
    center = around[:, 1, 1]
    with np.errstate(invalid="ignore"):
        spread = np.fmax.reduce(around, axis=(1, 2)) - np.fmin.reduce(around, axis=(1, 2))
        return np.where(inside & (spread <= MAX_DEPTH_SPREAD * center), center, np.nan)


def resize_sparse_depth(sparse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a clean sparse depth image to another (height, width): samples are moved, never mixed."""
    if sparse.shape == size:
        return sparse
    xy, depth = sparse_depth_points(sparse)
    scale = np.array([size[1] / sparse.shape[1], size[0] / sparse.shape[0]])
    return sparse_depth_from_points((xy + 0.5) * scale - 0.5, depth, size)


def nearest_sample(sparse: np.ndarray) -> NearestSample:
    """Find every pixel's nearest sample, exactly; which of several at one distance is open."""
    known = np.isfinite(sparse)
    if not known.any():
        return NearestSample(np.full_like(sparse, np.nan), np.full(sparse.shape, np.inf, np.float32))
    distance, (row, column) = distance_transform_edt(~known, return_indices=True)
    return NearestSample(sparse[row, column], distance.astype(np.float32))


def one_per_voxel(points: np.ndarray, size: float) -> np.ndarray:
    """Choose the first point of every cube that has any.

    Args:
        points: float (N, 3), finite.
        size: Side of the cubes, in the unit of the points.

    Returns:
        Rows of the chosen points in their order, int (M,).
    """
    if not len(points):
        return np.zeros(0, np.int64)
    cells = np.floor(points / size).astype(np.int64)
    cells -= cells.min(axis=0)
    # Cells as one number each: far fewer than 2^63 of them lie between the outermost points.
    rows, columns = cells[:, 1].max() + 1, cells[:, 2].max() + 1
    _, first = np.unique((cells[:, 0] * rows + cells[:, 1]) * columns + cells[:, 2], return_index=True)
    return np.sort(first)
