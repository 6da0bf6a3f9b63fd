"""The input of the densifier's network beside the image: two classical fills, the nearest sample, its distance.

Chen et al., "Estimating Depth from RGB and Sparse Sensing" (D3), ECCV 2018, section 3, has S1 (the nearest sample's
depth) and S2 (from the distance to it). The fills are an addition, so that the network need not learn what geometry
knows: planes through the samples (a plane's inverse depth is linear in the image, so interpolating it over the
triangles between samples is exact on walls, floors and roads), and the average of those near in place and color.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import binary_erosion

from superpoint_ros.core.sample_averages import average_by_color
from superpoint_ros.core.sparse_depth import nearest_sample

BORDER_POINTS = 5  # along each edge of the image, to which the nearest sample's depth is carried
MAX_SAMPLE_DISTANCE = 1024.0  # pixels; distances end here, and where there is no sample


@dataclass(frozen=True)
class DepthHints:
    """Hold the hint maps of one image.

    Attributes:
        maps: float32 (4, H, W): log depth of the planes, of the average by color and of the nearest sample, all
            relative to `scale`, and the Euclidean distance to the nearest sample, pixels.
        scale: Depth of the median sample, meters.
    """

    maps: np.ndarray
    scale: float


def depth_hints(image: np.ndarray, sparse: np.ndarray, fallback_depth: float = 1.0) -> DepthHints:
    """Compute the hints of an image and its sparse depth.

    Args:
        image: Image, uint8 (H, W, 3).
        sparse: Clean sparse depth, float32 (H, W), meters, NaN = no sample.
        fallback_depth: Scale where there is no sample, meters; all is then flat and infinitely far from a sample.
    """
    if not np.isfinite(sparse).any():
        flat = np.zeros((4, *sparse.shape), np.float32)
        flat[3] = MAX_SAMPLE_DISTANCE
        return DepthHints(flat, fallback_depth)
    nearest = nearest_sample(sparse)
    scale = float(np.nanmedian(sparse))
    fills = interpolate_planes(sparse, nearest.depth), average_by_color(image, sparse), nearest.depth
    distance = np.minimum(nearest.distance, MAX_SAMPLE_DISTANCE)
    return DepthHints(np.stack([*(np.log(fill / scale) for fill in fills), distance]), scale)


def interpolate_planes(sparse: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """Interpolate the inverse of depth linearly over Delaunay triangles of samples and of points on the image's border.

    Args:
        sparse: Sparse depth (H, W), meters, NaN = no sample; at least one sample.
        nearest: Depth of the nearest sample (H, W), which the border's points take.

    Returns:
        float32 (H, W), meters; S1 where the triangles leave out a pixel for want of precision.
    """
    if min(sparse.shape) < 2:
        return nearest
    known = np.isfinite(sparse)
    # Leave out samples with samples all around them: no triangle between others reaches there.
    corners = known & ~binary_erosion(known, np.ones((3, 3)), border_value=1)
    # Carry the nearest samples' depth to the image's border, so that the triangles cover it.
    corners[tuple(_border(sparse.shape).T)] = True
    # Interpolate inverse depth, which is linear on planes.
    inverse = LinearNDInterpolator(np.argwhere(corners), 1.0 / nearest[corners].astype(np.float64))
    planes = nearest.copy()
    planes[~known] = 1.0 / inverse(np.argwhere(~known))
    return np.where(np.isfinite(planes), planes, nearest)


def _border(size: tuple[int, ...]) -> np.ndarray:
    """Spread points (row, column) along the four edges, corners included."""
    rows, columns = (np.linspace(0, side - 1, BORDER_POINTS).round().astype(int) for side in size)
    across = [(row, column) for row in rows[[0, -1]] for column in columns]
    down = [(row, column) for row in rows for column in columns[[0, -1]]]
    return np.array(across + down)
