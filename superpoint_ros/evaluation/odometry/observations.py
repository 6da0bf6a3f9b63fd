"""Tracks of one image as a back end wants them: undistorted pixels, their standard deviation, their depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation.sequences.sized_frames import SizedFrame, measured_depth


@dataclass(frozen=True)
class Observations:
    """Hold the points that one image shows.

    Attributes:
        id: Track ids, int64 (N,), ascending, each once.
        xy: Undistorted pixels, float64 (N, 2).
        sigma: Standard deviation of each coordinate, float64 (N,), pixels.
        depth: Depth along the optical axis, float64 (N,), meters; NaN = unknown.
        K: Intrinsics of the undistorted image, without skew, float64 (3, 3), pixels.
    """

    id: np.ndarray
    xy: np.ndarray
    sigma: np.ndarray
    depth: np.ndarray
    K: np.ndarray

    def __len__(self) -> int:
        return len(self.id)


def shared_rows(first: Observations, second: Observations) -> tuple[np.ndarray, np.ndarray]:
    """Find the points that two images share: their rows in either, int64 (M,) each."""
    _, rows0, rows1 = np.intersect1d(first.id, second.id, assume_unique=True, return_indices=True)
    return rows0, rows1


def observe(view: SizedFrame, tracks: Tracks, *, use_depth: bool, sigma: float, weighted: bool) -> Observations:
    """Make the observations of one image from its tracks.

    Args:
        view: The image, with its camera.
        tracks: Its tracks.
        use_depth: Whether the frame's depth is looked up.
        sigma: Standard deviation of tracks that do not know theirs, pixels.
        weighted: Whether the tracks' own standard deviation is used.

    Raises:
        DatasetError: The frame has no camera, or no depth where it is asked for.
    """
    if view.camera is None or (use_depth and view.frame.depth is None):
        raise DatasetError(f"frame '{view.frame.name}' has no {'depth' if view.camera else 'camera'}")
    depth = measured_depth(view, tracks.xy) if use_depth else np.full(len(tracks), np.nan)
    own = tracks.sigma if weighted and tracks.sigma is not None else np.full(len(tracks), sigma)
    # OpenCV and the back end take the pixels' axes to be at right angles.
    K = view.camera.K * [[1, 0, 1], [0, 1, 1], [0, 0, 1]]
    xy = view.camera.normalize(tracks.xy) @ K[:2, :2] + K[:2, 2]
    rows = np.argsort(tracks.id)
    rows = rows[np.isfinite(xy[rows]).all(axis=1)]
    return Observations(tracks.id[rows], xy[rows], own[rows].astype(np.float64), depth[rows], K)
