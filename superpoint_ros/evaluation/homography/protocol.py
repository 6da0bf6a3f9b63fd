"""Detectors on pairs of images with known homographies (SuperPoint paper, section 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.core.geometry import resize_homography
from superpoint_ros.core.matching import match
from superpoint_ros.core.types import Features, Matches
from superpoint_ros.evaluation.datasets.frames import HomographyPair
from superpoint_ros.evaluation.datasets.sizing import ImageSize, read_sized
from superpoint_ros.evaluation.detectors.registry import Detector
from superpoint_ros.evaluation.homography.metrics import corner_error
from superpoint_ros.evaluation.homography.options import HomographyProtocol
from superpoint_ros.evaluation.metrics.curves import area_under_curve, fraction_within
from superpoint_ros.evaluation.metrics.descriptors import descriptor_scores, match_errors
from superpoint_ros.evaluation.metrics.estimation import estimate_homography, match_orders
from superpoint_ros.evaluation.metrics.keypoints import in_shared_region, repeatability

ACCURACY_THRESHOLDS = (1, 3, 5)
MATCHING_THRESHOLDS = tuple(range(1, 11))
AREA_LIMIT = 10.0
# Title in the summary: name of the figure in the rows, of which it is the mean.
FIGURES = {
    **{f"H@{threshold}": f"h_{threshold}" for threshold in ACCURACY_THRESHOLDS},
    "AUC10": "auc_10",
    "Rep": "repeatability",
    "MLE": "localization_error",
    "NN mAP": "nn_map",
    "M.Score": "matching_score",
    "MMA@3": "mma_3",
    "inliers": "inliers",
}


@dataclass(frozen=True)
class SizedPair:
    """Hold a pair's features at one size, and the homography between them."""

    features0: Features
    features1: Features
    homography: np.ndarray


class PairReader:
    """Extract features of pairs at any size, with a cache of the last few images, for pairs that share one.

    Args:
        detector: Detector to run.
    """

    def __init__(self, detector: Detector):
        def detect(path: Path, size: ImageSize) -> tuple[Features, tuple[int, int]]:
            image, original_size = read_sized(path, size)
            return detector.detect(image), original_size

        self._detect = lru_cache(maxsize=4)(detect)

    def read(self, pair: HomographyPair, size: ImageSize) -> SizedPair:
        """Resize both images, and return their features and the homography of the resized images."""
        features0, original0 = self._detect(pair.image0, size)
        features1, original1 = self._detect(pair.image1, size)
        new_sizes = (features0.image_size, features1.image_size)
        return SizedPair(features0, features1, resize_homography(pair.homography, (original0, original1), new_sizes))


def match_pair(pair: SizedPair, max_descriptor_distance: float | None) -> Matches:
    """Find the mutual matches of a pair's descriptors."""
    return match(
        pair.features0.descriptors, pair.features1.descriptors, max_descriptor_distance=max_descriptor_distance
    )


def _detection_row(pair: SizedPair, protocol: HomographyProtocol) -> dict[str, Any]:
    shared0 = in_shared_region(pair.features0.xy, pair.homography, pair.features1.image_size)
    shared1 = in_shared_region(pair.features1.xy, np.linalg.inv(pair.homography), pair.features0.image_size)
    xy0 = pair.features0.xy[shared0][: protocol.top_k]
    xy1 = pair.features1.xy[shared1][: protocol.top_k]
    result = repeatability(xy0, xy1, pair.homography, protocol.correctness_threshold)
    return {
        "points0": len(xy0),
        "points1": len(xy1),
        "repeatability": result.score,
        "localization_error": result.localization_error,
    }


def _matching_row(pair: SizedPair, protocol: HomographyProtocol) -> dict[str, Any]:
    scores = descriptor_scores(pair.features0, pair.features1, pair.homography, protocol.correctness_threshold)
    matches = match_pair(pair, protocol.max_descriptor_distance)
    xy0, xy1 = pair.features0.xy[matches.index0], pair.features1.xy[matches.index1]
    errors = match_errors(pair.features0, pair.features1, matches, pair.homography)
    accuracy = np.nan_to_num(fraction_within(errors, MATCHING_THRESHOLDS))
    return {
        "keypoints0": len(pair.features0),
        "keypoints1": len(pair.features1),
        "nn_map": scores.mean_average_precision,
        "matching_score": scores.matching_score,
        "matches": len(matches),
        **_homography_figures(pair, xy0, xy1, protocol),
        **{f"mma_{threshold}": value for threshold, value in zip(MATCHING_THRESHOLDS, accuracy.tolist(), strict=True)},
    }


def _homography_figures(
    pair: SizedPair, xy0: np.ndarray, xy1: np.ndarray, protocol: HomographyProtocol
) -> dict[str, float]:
    """Compute mean accuracy and inliers of the homographies of all runs, and the median of the corner errors."""
    orders = match_orders(len(xy0), protocol.ransac_runs)
    estimates = [estimate_homography(xy0[order], xy1[order], protocol.ransac) for order in orders]
    errors = np.array([corner_error(found, pair.homography, pair.features0.image_size) for found, _ in estimates])
    within = fraction_within(errors, ACCURACY_THRESHOLDS).tolist()
    return {
        "inliers": float(np.mean([inliers.sum() for _, inliers in estimates])),
        "corner_error": float(np.median(errors)),
        **{f"h_{threshold}": share for threshold, share in zip(ACCURACY_THRESHOLDS, within, strict=True)},
        "auc_10": area_under_curve(errors, AREA_LIMIT),
    }


def evaluate_pairs(
    pairs: Sequence[HomographyPair], detector: Detector, protocol: HomographyProtocol
) -> Iterator[dict[str, Any]]:
    """Compute one row of figures per pair, without those that need descriptors where the detector has none."""
    reader = PairReader(detector)
    for pair in pairs:
        row = {"detector": detector.name, "pair": pair.name, "kind": pair.scene.partition("_")[0]}
        row |= _detection_row(reader.read(pair, protocol.detection_size), protocol)
        if detector.describes:
            row |= _matching_row(reader.read(pair, protocol.matching_size), protocol)
        yield row


def _mean(rows: Sequence[dict[str, Any]], name: str) -> float:
    """Compute the mean over the rows in which the figure is a number; NaN where it is in none."""
    values = np.array([row[name] for row in rows], np.float64)
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def summarize(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Compute means over the pairs of one detector; the localization error is over pairs with any repeated point."""
    summary = {title: _mean(rows, name) for title, name in FIGURES.items() if all(name in row for row in rows)}
    for kind in sorted({row["kind"] for row in rows}):
        summary[f"Rep {kind}"] = _mean([row for row in rows if row["kind"] == kind], "repeatability")
    return summary
