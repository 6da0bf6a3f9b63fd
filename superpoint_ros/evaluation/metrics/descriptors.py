"""How well descriptors find a keypoint's counterpart, where the homography between two images is known.

Homographies are 3x3 and map image 0 to image 1; coordinates and thresholds are in pixels.
SuperPoint paper (arXiv 1712.07629), section 7.3 and appendix B; Mikolajczyk and Schmid, PAMI 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.core.types import Features, Matches
from superpoint_ros.evaluation.metrics.curves import average_precision
from superpoint_ros.evaluation.metrics.keypoints import in_shared_region, nearest_distance


@dataclass(frozen=True)
class DescriptorScores:
    """Hold the scores of one pair of images.

    Attributes:
        mean_average_precision: Area under precision-recall over descriptor distance ("NN mAP"); 0 where no keypoint
            has a counterpart.
        matching_score: Share of the keypoints whose nearest descriptor is at their counterpart.
    """

    mean_average_precision: float
    matching_score: float


def descriptor_distances(descriptors0: np.ndarray, descriptors1: np.ndarray) -> np.ndarray:
    """Compute the Euclidean distances, float32 (N, M) in [0, 2], of unit descriptors (N, D) and (M, D)."""
    similarity = descriptors0.astype(np.float32) @ descriptors1.astype(np.float32).T
    result: np.ndarray = np.sqrt(np.clip(2.0 - 2.0 * similarity, 0.0, 4.0))
    return result


def match_errors(features0: Features, features1: Features, matches: Matches, homography: np.ndarray) -> np.ndarray:
    """Compute the distance [px] of each match from where the homography puts it in image 1, float64 (M,)."""
    expected = warp_points(features0.xy[matches.index0], homography)
    result: np.ndarray = np.linalg.norm(expected - features1.xy[matches.index1], axis=1)
    return result


def _one_way(
    features0: Features, features1: Features, distances: np.ndarray, homography: np.ndarray, threshold: float
) -> DescriptorScores:
    shared = in_shared_region(features0.xy, homography, features1.image_size)
    if not shared.any() or not len(features1):
        return DescriptorScores(0.0, 0.0)
    expected, distances = warp_points(features0.xy[shared], homography), distances[shared]
    positives = int(np.sum(nearest_distance(expected, features1.xy) <= threshold))
    correct = np.linalg.norm(expected - features1.xy[distances.argmin(axis=1)], axis=1) <= threshold
    precision = average_precision(-distances.min(axis=1), correct, positives)
    return DescriptorScores(precision if positives else 0.0, float(correct.mean()))


def descriptor_scores(
    features0: Features, features1: Features, homography: np.ndarray, threshold: float = 3.0
) -> DescriptorScores:
    """Compute nearest-neighbor mAP and matching score of the keypoints in the shared region, means of both directions.

    A keypoint's nearest neighbor in descriptor space, among all keypoints of the other image, is correct if it lies
    within `threshold` of where the homography puts the keypoint, in the other image's pixels. Recall is against the
    keypoints that have any keypoint there; the matching score is against all.

    Args:
        features0: Features of image 0.
        features1: Features of image 1.
        homography: Homography 3x3 of image 0 to image 1.
        threshold: Largest error of a correct match, pixels.
    """
    distances = descriptor_distances(features0.descriptors, features1.descriptors)
    forward = _one_way(features0, features1, distances, homography, threshold)
    backward = _one_way(features1, features0, distances.T, np.linalg.inv(homography), threshold)
    return DescriptorScores(
        (forward.mean_average_precision + backward.mean_average_precision) / 2,
        (forward.matching_score + backward.matching_score) / 2,
    )
