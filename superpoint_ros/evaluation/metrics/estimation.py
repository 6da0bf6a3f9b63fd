"""Homographies and relative poses from matches, by OpenCV's RANSAC.

OpenCV's RANSAC draws the same rows in every call: an estimate is reproducible, but depends on the order of the matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions

FAR = 50.0  # baselines; beyond it noise and a rotation that is a degree off decide the sign of a point's depth


def match_orders(count: int, runs: int) -> Iterator[np.ndarray]:
    """Generate `runs` orders of `count` matches, the same in every call: as they are, then shuffled; int64 (count,)."""
    for run in range(runs):
        yield np.random.default_rng(run).permutation(count) if run else np.arange(count)


def estimate_homography(
    xy0: np.ndarray, xy1: np.ndarray, options: RansacOptions
) -> tuple[np.ndarray | None, np.ndarray]:
    """Estimate the homography of matched points (N, 2) of image 0 to image 1, in pixels.

    Returns:
        Homography 3x3, or None where it cannot be estimated; inliers, bool (N,).
    """
    if len(xy0) < 4:
        return None, np.zeros(len(xy0), bool)
    homography, mask = cv2.findHomography(
        xy0,
        xy1,
        cv2.RANSAC,
        options.ransac_threshold,
        maxIters=options.ransac_iterations,
        confidence=options.ransac_confidence,
    )
    if homography is None:
        return None, np.zeros(len(xy0), bool)
    return homography, mask.ravel().astype(bool)


@dataclass(frozen=True)
class RelativePose:
    """Hold a relative pose of two views, x1 = R x0 + t, up to scale.

    Attributes:
        rotation: Rotation R (3, 3).
        translation: Direction of t (3,), unit length.
        inliers: Matches that agree with the pose, bool (N,): near their epipolar lines, and not behind a camera.
    """

    rotation: np.ndarray
    translation: np.ndarray
    inliers: np.ndarray


def estimate_relative_pose(
    normalized0: np.ndarray, normalized1: np.ndarray, focal_length: float, options: RansacOptions
) -> RelativePose | None:
    """Estimate the relative pose of two views from the essential matrix of their matches.

    Args:
        normalized0: Matched points of view 0 (N, 2), undistorted X/Z, Y/Z.
        normalized1: Matched points of view 1 (N, 2), undistorted X/Z, Y/Z.
        focal_length: Focal length in pixels, which converts the threshold to normalized units.
        options: How the essential matrix is estimated.

    Returns:
        The pose of the candidate with the fewest points behind a camera; None where there is no candidate.
    """
    if len(normalized0) < 5:
        return None
    # Estimate the essential matrix; five points may give several
    candidates, mask = cv2.findEssentialMat(
        normalized0,
        normalized1,
        np.eye(3),
        method=cv2.RANSAC,
        prob=options.ransac_confidence,
        threshold=options.ransac_threshold / focal_length,
        maxIters=options.ransac_iterations,
    )
    if candidates is None:
        return None
    # Keep the pose that has the most points not behind a camera; equal ones differ in points that are far
    ransac_inliers = mask.ravel() > 0
    best, most = None, (0, 0.0)
    for rotation, translation in _decompose(candidates):
        inverse_depth = _inverse_depths(normalized0, normalized1, rotation, translation)
        inliers = ransac_inliers & (inverse_depth > -1.0 / FAR)
        in_front = float(np.clip(inverse_depth[ransac_inliers], -1.0 / FAR, 1.0 / FAR).sum())
        if (score := (int(inliers.sum()), in_front)) > most:
            best, most = RelativePose(rotation, translation, inliers), score
    return best


def _decompose(candidates: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the four rotations (3, 3) and directions (3,) of each of the essential matrices (3 K, 3)."""
    for essential in candidates.reshape(-1, 3, 3):
        *rotations, translation = cv2.decomposeEssentialMat(essential)
        for rotation in rotations:
            for sign in (1.0, -1.0):
                yield rotation, sign * translation.ravel()


def _inverse_depths(
    normalized0: np.ndarray, normalized1: np.ndarray, rotation: np.ndarray, translation: np.ndarray
) -> np.ndarray:
    """Compute the inverse depth (N,) of matches (N, 2) in view 0, in 1 / baseline: 0 at infinity, negative behind.

    It is -inf where the point would be in front of one view and behind the other.
    """
    rays0, rays1 = (np.column_stack([xy, np.ones(len(xy))]) for xy in (normalized0, normalized1))
    turned = rays0 @ rotation.T
    # The point's direction in view 1 is turned + inverse_depth * translation, and parallel to ray 1
    across = np.cross(rays1, translation)
    squared = np.maximum(np.sum(across**2, axis=1), np.finfo(np.float64).tiny)
    inverse_depth = -np.sum(np.cross(rays1, turned) * across, axis=1) / squared
    direction = turned + inverse_depth[:, None] * translation
    return np.where(np.sum(direction * rays1, axis=1) > 0.0, inverse_depth, -np.inf)
