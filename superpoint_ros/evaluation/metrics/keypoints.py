"""How well keypoints repeat, where the homography between two images or the true corners are known.

All coordinates are (x, y) in pixels; homographies are 3x3 and map image 0 to image 1.
SuperPoint paper (arXiv 1712.07629), section 7.2 and appendix A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from superpoint_ros.core.geometry import inside_image, warp_points


@dataclass(frozen=True)
class Repeatability:
    """Hold the repeatability of the keypoints of two images.

    Attributes:
        score: Share of the keypoints of both images that were found again in the other, in [0, 1].
        localization_error: Mean distance [px] of the repeated keypoints to their counterparts; NaN if there are none.
    """

    score: float
    localization_error: float


def in_shared_region(xy: np.ndarray, homography: np.ndarray, other_size: tuple[int, int]) -> np.ndarray:
    """Tell which points (N, 2) of one image lie inside the other image of (height, width): bool (N,).

    Points that the homography sends through infinity (behind the other camera) are not inside; seen from one
    side, a plane's homography has a positive determinant where the third homogeneous coordinate is positive.
    """
    xy = np.asarray(xy, np.float64).reshape(-1, 2)
    in_front = (xy @ homography[2, :2] + homography[2, 2]) * np.linalg.det(homography) > 0
    result: np.ndarray = in_front & inside_image(warp_points(xy, homography), other_size)
    return result


def nearest_distance(xy: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Compute the distance of each point (N, 2) to the nearest of others (M, 2), float64 (N,); infinite where M = 0."""
    if not len(xy) or not len(others):
        return np.full(len(xy), np.inf)
    result: np.ndarray = cKDTree(others).query(xy)[0]
    return result


def repeatability(xy0: np.ndarray, xy1: np.ndarray, homography: np.ndarray, threshold: float = 3.0) -> Repeatability:
    """Compute the share of points whose nearest neighbor among the other image's points is within `threshold` pixels.

    The points of both images count, all distances being taken in image 1, as in the published evaluations.

    Args:
        xy0: Strongest points of image 0 in the shared region (see in_shared_region), (N, 2), pixels.
        xy1: Strongest points of image 1 in the shared region, (M, 2), pixels.
        homography: Homography 3x3 of image 0 to image 1.
        threshold: Largest distance of a repeated point, pixels of image 1.
    """
    warped, others = warp_points(xy0, homography), np.asarray(xy1, np.float64)
    errors = np.concatenate([nearest_distance(warped, others), nearest_distance(others, warped)])
    repeated = errors[errors <= threshold]
    score = len(repeated) / len(errors) if len(errors) else 0.0
    return Repeatability(score, float(repeated.mean()) if len(repeated) else float("nan"))


def match_detections(
    xy: np.ndarray, score: np.ndarray, corners: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Assign detections to true corners, each corner to at most one, the strongest detections first.

    Args:
        xy: Detections (N, 2), pixels.
        score: Scores of the detections (N,); the highest takes its nearest unassigned corner first.
        corners: True corners (M, 2), pixels.
        threshold: Largest distance of a correct detection, pixels.

    Returns:
        Whether each detection has a corner, bool (N,); its distance from it, float64 (N,), pixels, else NaN.
    """
    error = np.full(len(xy), np.nan)
    if len(xy) and len(corners):
        distance = np.linalg.norm(np.asarray(xy, np.float64)[:, None] - np.asarray(corners, np.float64), axis=2)
        distance[distance > threshold] = np.inf
        order = np.argsort(-np.asarray(score), kind="stable")
        for detection in order[np.isfinite(distance[order]).any(axis=1)]:
            corner = int(np.argmin(distance[detection]))
            if np.isfinite(distance[detection, corner]):
                error[detection] = distance[detection, corner]
                distance[:, corner] = np.inf
    return np.isfinite(error), error
