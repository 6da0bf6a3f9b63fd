"""Which keypoints belong to which tracks that optical flow carries, and which begin new ones."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.matching import match
from superpoint_ros.core.optical_flow import corner_strength
from superpoint_ros.core.track_table import TrackTable
from superpoint_ros.core.tracker import within_reach
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features, Matches

# Where a network gives no sigma.
KEYPOINT_VARIANCE = 0.5


def match_near(
    table: TrackTable, rows: np.ndarray, xy: np.ndarray, features: Features, radius: float, limit: float
) -> Matches:
    """Match tracks with the keypoints near positions, by descriptor.

    Args:
        table: The tracks.
        rows: Rows of the tracks to match, int64 (M,).
        xy: Where each is expected, float32 (M, 2), pixels.
        features: The keypoints.
        radius: Largest distance of a keypoint from there, pixels.
        limit: Largest distance of the two descriptors.

    Returns:
        Pairs of an index into `rows` and a keypoint.
    """
    near = within_reach(xy, features.xy, np.full(len(xy), radius))
    own = table.descriptors[rows]
    return match(own, features.descriptors, max_descriptor_distance=limit, allowed=near)


def has_other_keypoint(
    table: TrackTable, rows: np.ndarray, xy: np.ndarray, features: Features, radius: float, options: TrackerOptions
) -> np.ndarray:
    """Tell which tracks have keypoints near their positions, none of them of their descriptor; bool (M,)."""
    near = within_reach(xy, features.xy, np.full(len(xy), radius))
    # Of unit vectors, distance^2 = 2 - 2 similarity.
    similarity = np.where(near, table.descriptors[rows] @ features.descriptors.T, -np.inf).max(axis=1, initial=-np.inf)
    other: np.ndarray = near.any(axis=1) & (similarity <= 1.0 - 0.5 * options.max_descriptor_distance**2)
    return other


def choose_seeds(
    image: np.ndarray, features: Features, free: np.ndarray, tracked: np.ndarray, room: int, options: TrackerOptions
) -> np.ndarray:
    """Choose the keypoints that begin tracks: the strongest in each cell of a grid that no track is in.

    Those that flow would soon lose, as their windows show hardly a corner, begin none.

    Args:
        image: Image of the keypoints, uint8 (H, W).
        features: The keypoints, strongest first.
        free: Those that may be chosen, int64 (M,), ascending.
        tracked: Where tracks are in that image, float32 (K, 2), pixels.
        room: Largest number of them.
        options: Has the size of the cells.
    """
    strength = corner_strength(image, features.xy, options.flow)
    free = free[strength[free] >= options.flow.flow_min_quality * strength.max(initial=0.0)]
    size = options.flow_cell_size
    columns = features.image_size[1] // size + 1
    taken = cell_numbers(tracked, size, columns)
    cells = cell_numbers(features.xy[free], size, columns)
    first = np.sort(np.unique(cells, return_index=True)[1])
    first = first[~np.isin(cells[first], taken)]
    seeds: np.ndarray = free[first[:room]]
    return seeds


def keypoint_variance(features: Features) -> np.ndarray:
    """Return the variance of each coordinate of the keypoints, float32 (N,), square pixels."""
    if features.sigma is None:
        return np.full(len(features), KEYPOINT_VARIANCE, np.float32)
    variance: np.ndarray = np.square(features.sigma)
    return variance


def cell_numbers(xy: np.ndarray, size: int, columns: int) -> np.ndarray:
    """Number the square cell of a grid that each point (N, 2) is in, int64 (N,)."""
    column, row = (np.rint(xy).astype(np.int64) // size).T
    numbers: np.ndarray = row * columns + column
    return numbers
