"""Robust estimates from matched points: homographies and relative poses, by OpenCV's RANSAC.

OpenCV's RANSAC draws the same rows in every call, so an estimate repeats, but depends on the order of the matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class RansacOptions:
    """Attributes:
    threshold: pixels; the greatest error of an inlier.
    iterations: most samples drawn.
    confidence: at which sampling stops early.
    """

    threshold: float = 3.0
    iterations: int = 10000
    confidence: float = 0.9999


def match_orders(count: int, runs: int) -> Iterator[np.ndarray]:
    """Rows of `count` matches in `runs` orders, the same in every call: as they are, then shuffled; int64 (count,)."""
    for run in range(runs):
        yield np.random.default_rng(run).permutation(count) if run else np.arange(count)


def estimate_homography(
    xy0: np.ndarray, xy1: np.ndarray, options: RansacOptions
) -> tuple[np.ndarray | None, np.ndarray]:
    """Homography of matched points (N, 2) of image 0 to image 1, in pixels.

    Returns:
        3x3, or None where it cannot be estimated.
        Inliers, bool (N,).
    """
    if len(xy0) < 4:
        return None, np.zeros(len(xy0), bool)
    homography, mask = cv2.findHomography(
        xy0, xy1, cv2.RANSAC, options.threshold, maxIters=options.iterations, confidence=options.confidence
    )
    if homography is None:
        return None, np.zeros(len(xy0), bool)
    return homography, mask.ravel().astype(bool)


@dataclass(frozen=True)
class RelativePose:
    """Attributes:
    rotation: (3, 3), x1 = R x0 + t.
    translation: (3,), unit length.
    inliers: bool (N,).
    """

    rotation: np.ndarray
    translation: np.ndarray
    inliers: np.ndarray


def estimate_relative_pose(
    normalized0: np.ndarray, normalized1: np.ndarray, focal_length: float, options: RansacOptions
) -> RelativePose | None:
    """Relative pose of two views from the essential matrix of their matches.

    Args:
        normalized0, normalized1: (N, 2), undistorted X/Z, Y/Z.
        focal_length: pixels, to bring the threshold to the same unit.
        options: see RansacOptions.

    Returns:
        The pose of the candidate with the most points in front of both cameras; None where there is none.
    """
    if len(normalized0) < 5:
        return None
    candidates, mask = cv2.findEssentialMat(
        normalized0,
        normalized1,
        np.eye(3),
        method=cv2.RANSAC,
        prob=options.confidence,
        threshold=options.threshold / focal_length,
        maxIters=options.iterations,
    )
    if candidates is None:
        return None
    best, most = None, 0
    for essential in candidates.reshape(-1, 3, 3):
        count, rotation, translation, in_front = cv2.recoverPose(
            essential, normalized0, normalized1, np.eye(3), mask=mask.copy()
        )
        if count > most:
            best, most = RelativePose(rotation, translation.ravel(), in_front.ravel() > 0), count
    return best
