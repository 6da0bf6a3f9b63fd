"""Which pixels of a depth image become samples: the patterns that depth densification is trained and judged on."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.sparse_depth import is_depth

MAX_SCAN_LINES = 64
MAX_TILT = 0.05  # of scan lines against image rows, radians

# (depth, number of samples, random generator, gray image) -> xy (N, 2) in pixels, about that many.
Pattern = Callable[[np.ndarray, int, np.random.Generator, np.ndarray], np.ndarray]


def uniform(depth: np.ndarray, count: int, rng: np.random.Generator, gray: np.ndarray) -> np.ndarray:
    """Draw different pixels that have a depth, all equally likely."""
    row, column = np.nonzero(is_depth(depth))
    chosen = rng.choice(len(row), min(count, len(row)), replace=False)
    return np.column_stack([column[chosen], row[chosen]])


def grid(depth: np.ndarray, count: int, rng: np.random.Generator, gray: np.ndarray) -> np.ndarray:
    """Lay a regular square grid at a random offset (D3, section 3)."""
    spacing = math.sqrt(depth.size / count)
    y, x = (np.arange(offset * spacing, side, spacing) for offset, side in zip(rng.random(2), depth.shape, strict=True))
    return np.stack(np.meshgrid(np.floor(x), np.floor(y)), axis=-1).reshape(-1, 2)


def orb(depth: np.ndarray, count: int, rng: np.random.Generator, gray: np.ndarray) -> np.ndarray:
    """Detect the strongest ORB keypoints: crowded on texture, none where there is none."""
    return _keypoints(cv2.ORB_create(nfeatures=max(count, 1), fastThreshold=5), gray, count)  # type: ignore[attr-defined]


def sift(depth: np.ndarray, count: int, rng: np.random.Generator, gray: np.ndarray) -> np.ndarray:
    """Detect the strongest SIFT keypoints."""
    return _keypoints(cv2.SIFT_create(nfeatures=max(count, 1), contrastThreshold=0.01), gray, count)  # type: ignore[attr-defined]


def scan_lines(depth: np.ndarray, count: int, rng: np.random.Generator, gray: np.ndarray) -> np.ndarray:
    """Space points evenly on parallel lines near to rows, as a spinning lidar leaves them."""
    height, width = depth.shape
    lines = min(MAX_SCAN_LINES, round(math.sqrt(count)))
    per_line = round(count / lines)
    x = (np.arange(per_line) + rng.random()) * width / per_line
    y = (np.arange(lines) + rng.random()) * height / lines
    tilted = y[:, None] + rng.uniform(-MAX_TILT, MAX_TILT) * (x - width / 2)
    return np.stack([np.broadcast_to(x, tilted.shape), tilted], axis=-1).reshape(-1, 2)


PATTERNS: dict[str, Pattern] = {"uniform": uniform, "grid": grid, "orb": orb, "sift": sift, "scan_lines": scan_lines}


def _keypoints(detector: cv2.Feature2D, gray: np.ndarray, count: int) -> np.ndarray:
    found = sorted(detector.detect(gray, None), key=lambda keypoint: -keypoint.response)[:count]
    return np.array([keypoint.pt for keypoint in found], np.float64).reshape(-1, 2)


def sample_depth(
    depth: np.ndarray, pattern: str, count: int, rng: np.random.Generator, gray: np.ndarray | None = None
) -> np.ndarray:
    """Sample a depth image in one of PATTERNS.

    Args:
        depth: Depth image (H, W), meters; pixels that are not finite and positive are holes.
        pattern: Name of the pattern, a key of PATTERNS.
        count: Number of samples wanted; keypoint patterns may find fewer, and samples that fall into one hole may meet.
        rng: Random generator that decides what the pattern leaves open.
        gray: Image, uint8 (H, W), for keypoint patterns.

    Returns:
        Sparse depth, float32 (H, W), NaN where there is no sample.

    Raises:
        ImageError: An unknown pattern, or one that needs an image of the depth's size and has none.
    """
    if pattern not in PATTERNS:
        raise ImageError(f"sampling pattern '{pattern}' is not one of {', '.join(PATTERNS)}")
    if pattern in ("orb", "sift") and (gray is None or gray.shape != depth.shape):
        raise ImageError(f"sampling pattern '{pattern}' needs a gray image of the depth's size {depth.shape}")
    image = np.zeros(depth.shape, np.uint8) if gray is None else gray
    return sample_at(depth, PATTERNS[pattern](depth, count, rng, image))


def sample_at(depth: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Sample a depth image at points (N, 2) in pixels; a point in a hole moves to the nearest pixel with depth."""
    sparse = np.full(depth.shape, np.nan, np.float32)
    known = is_depth(depth)
    column, row = np.floor(np.asarray(xy, np.float64).reshape(-1, 2).T + 0.5).astype(np.int64)
    inside = (column >= 0) & (column < depth.shape[1]) & (row >= 0) & (row < depth.shape[0])
    if not known.any() or not inside.any():
        return sparse
    moved = distance_transform_edt(~known, return_distances=False, return_indices=True)
    row, column = moved[:, row[inside], column[inside]]
    sparse[row, column] = depth[row, column]
    return sparse
