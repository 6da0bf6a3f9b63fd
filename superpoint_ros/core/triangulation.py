"""Points that two calibrated views share, as depth in the first: what a stereo pair's matches know of the scene."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import transform
from superpoint_ros.core.stereo_options import StereoOptions


def triangulate(
    xy0: np.ndarray,
    xy1: np.ndarray,
    camera0: Camera,
    camera1: Camera,
    T_1_0: np.ndarray,
    *,
    max_reprojection_error: float = StereoOptions.max_reprojection_error,
    min_parallax: float = StereoOptions.min_parallax,
) -> np.ndarray:
    """Depth of matched pixels in the first camera.

    The point is the middle of the shortest line between the two rays (Hartley and Sturm, "Triangulation", 1997,
    section 5.3).

    Args:
        xy0, xy1: (N, 2), pixels of the same points in the two images.
        camera0, camera1: of the images.
        T_1_0: (4, 4), pose of camera 0 in the frame of camera 1, metres.
        max_reprojection_error: pixels from the point's image to the match in either view, at most (away from
            lens distortion).
        min_parallax: degrees between the two rays, at least.

    Returns:
        float32 (N,), metres along camera 0's optical axis; NaN where rays are too parallel, the point is not before
        both cameras, or its images are too far from the match.
    """
    normalized0, normalized1 = camera0.normalize(xy0), camera1.normalize(xy1)
    rays0, rays1 = (_unit(np.column_stack([n, np.ones(len(n))])) for n in (normalized0, normalized1))
    rays1 = rays1 @ T_1_0[:3, :3]
    center1 = -T_1_0[:3, :3].T @ T_1_0[:3, 3]
    cosine = np.sum(rays0 * rays1, axis=1)
    along0, along1 = rays0 @ center1, rays1 @ center1
    with np.errstate(divide="ignore", invalid="ignore"):
        distance0 = (along0 - cosine * along1) / (1.0 - cosine**2)
        distance1 = (cosine * along0 - along1) / (1.0 - cosine**2)
        points0 = (distance0[:, None] * rays0 + center1 + distance1[:, None] * rays1) / 2.0
        points1 = transform(points0, T_1_0)
        good = cosine < np.cos(np.deg2rad(min_parallax))
        good &= _error(points0, normalized0, camera0) <= max_reprojection_error
        good &= _error(points1, normalized1, camera1) <= max_reprojection_error
        good &= (distance0 > 0.0) & (distance1 > 0.0)
    return np.where(good, points0[:, 2], np.nan).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _error(points: np.ndarray, normalized: np.ndarray, camera: Camera) -> np.ndarray:
    """Pixels between the undistorted images of points (N, 3) and where they were seen; infinite behind the camera."""
    seen = points[:, :2] / np.where(points[:, 2:] > 0.0, points[:, 2:], 0.0)
    offset = (seen - normalized) * np.diag(camera.matrix)[:2]
    return np.nan_to_num(np.linalg.norm(offset, axis=1), nan=np.inf)
