"""Homographies and relative poses from matches, by OpenCV's RANSAC.

OpenCV's RANSAC draws the same rows in every call: an estimate is reproducible, but depends on the order of the matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions


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
        inliers: Matches that agree with the pose, bool (N,).
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
        The pose of the candidate with the most points in front of both cameras; None where there is none.
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
    # Keep the candidate with the most points in front of both cameras
    best, most = None, 0
    for essential in candidates.reshape(-1, 3, 3):
        count, rotation, translation, in_front = cv2.recoverPose(
            essential, normalized0, normalized1, np.eye(3), mask=mask.copy()
        )
        if count > most:
            best, most = RelativePose(rotation, translation.ravel(), in_front.ravel() > 0), count
    return best
