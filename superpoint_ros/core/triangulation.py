"""Triangulation of pixels matched between two calibrated views."""

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
    """Triangulate matched pixels, and return their depth in the first camera.

    The point is the middle of the shortest line between the two rays (Hartley and Sturm, "Triangulation", 1997,
    section 5.3).

    Args:
        xy0: Pixels of the points in the first image, (N, 2).
        xy1: Pixels of the same points in the second image, (N, 2).
        camera0: Camera of the first image.
        camera1: Camera of the second image.
        T_1_0: Pose of camera 0 in the frame of camera 1, (4, 4), meters.
        max_reprojection_error: Largest distance from the projected point to the match in either view, pixels.
        min_parallax: Smallest angle between the two rays, degrees.

    Returns:
        Depth along camera 0's optical axis, float32 (N,), meters; NaN where rays are too parallel, the point is not in
        front of both cameras, or it projects too far from the match.
    """
    # Make the rays of both pixels, in the frame of camera 0.
    normalized = camera0.normalize(xy0), camera1.normalize(xy1)
    rays0, rays1 = (_unit(np.column_stack([n, np.ones(len(n))])) for n in normalized)
    rays1 = rays1 @ T_1_0[:3, :3]
    center1 = -T_1_0[:3, :3].T @ T_1_0[:3, 3]
    # Find where on each ray the two are nearest to each other; the point is in the middle.
    cosine = np.sum(rays0 * rays1, axis=1)
    along0, along1 = rays0 @ center1, rays1 @ center1
    with np.errstate(divide="ignore", invalid="ignore"):
        distance0 = (along0 - cosine * along1) / (1.0 - cosine**2)
        distance1 = (cosine * along0 - along1) / (1.0 - cosine**2)
        points0 = (distance0[:, None] * rays0 + center1 + distance1[:, None] * rays1) / 2.0
        points1 = transform(points0, T_1_0)
        # Keep points with enough parallax that project to where they were seen, which none behind a camera does.
        good = cosine < np.cos(np.deg2rad(min_parallax))
        good &= _error(points0, xy0, camera0) <= max_reprojection_error
        good &= _error(points1, xy1, camera1) <= max_reprojection_error
    return np.where(good, points0[:, 2], np.nan).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _error(points: np.ndarray, xy: np.ndarray, camera: Camera) -> np.ndarray:
    """Measure pixels from the projection of points (N, 3) to where they were seen; infinite where there is none."""
    error: np.ndarray = np.nan_to_num(np.linalg.norm(camera.project(points) - xy, axis=1), nan=np.inf)
    return error
