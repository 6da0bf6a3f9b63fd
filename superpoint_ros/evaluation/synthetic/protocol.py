"""Detectors on Synthetic Shapes, whose corners are known exactly (SuperPoint paper, section 4.2 and appendix A)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from superpoint_ros.core.geometry import inside_image
from superpoint_ros.evaluation.detectors.opencv import REMOVE_BORDERS
from superpoint_ros.evaluation.detectors.registry import Detector
from superpoint_ros.evaluation.metrics.curves import average_precision
from superpoint_ros.evaluation.metrics.keypoints import match_detections
from superpoint_ros.evaluation.synthetic.options import SyntheticProtocol
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.scenes.synthetic_shapes import SHAPES, draw_shape

VARIANTS = ("clean", "noisy")
PER_DETECTION = ("score", "correct", "error")


@dataclass(frozen=True)
class Detections:
    """Hold what a detector found in one image.

    Attributes:
        score: Scores of the detections (N,).
        correct: Whether each is at a corner, bool (N,).
        error: Distance from that corner (N,), pixels; NaN where not correct.
        corners: Number of true corners.
    """

    score: np.ndarray
    correct: np.ndarray
    error: np.ndarray
    corners: int


def drawings(kind: str, protocol: SyntheticProtocol) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Draw images, uint8 (H, W) by variant, and their corners (N, 2), of one kind of shape."""
    number = list(SHAPES).index(kind)
    rng = np.random.default_rng([protocol.detector.seed, number])
    noise = Photometric(protocol.noise, torch.Generator().manual_seed(protocol.detector.seed * len(SHAPES) + number))
    for _ in range(protocol.images):
        clean, corners = draw_shape(rng, protocol.image_size, kind)
        noisy = noise(torch.from_numpy(clean)[None, None].float() / 255)[0, 0]
        yield {"clean": clean, "noisy": (noisy * 255).round().byte().numpy()}, corners


def detect_corners(image: np.ndarray, corners: np.ndarray, detector: Detector, threshold: float) -> Detections:
    """Run a detector on one image, and compare its detections with the true corners.

    Corners in the strip along the border in which no detector looks do not count, nor do detections of them.
    """
    features = detector.detect(image)
    height, width = (side - 2 * REMOVE_BORDERS for side in image.shape[:2])
    within = inside_image(corners - REMOVE_BORDERS, (height, width))
    correct, error = match_detections(features.xy, features.score, corners[within], threshold)
    of_border, _ = match_detections(features.xy, features.score, corners[~within], threshold)
    counted = correct | ~of_border
    return Detections(features.score[counted], correct[counted], error[counted], int(within.sum()))


def _row(found: Sequence[Detections]) -> dict[str, float | int]:
    score, correct, error = (np.concatenate([getattr(one, name) for one in found]) for name in PER_DETECTION)
    corners = sum(detections.corners for detections in found)
    return {
        "images": len(found),
        "corners": corners,
        "detections": len(score),
        "average_precision": average_precision(score, correct, corners),
        "localization_error": float(np.mean(error[correct])) if correct.any() else float("nan"),
    }


def evaluate_synthetic(
    detectors: Sequence[Detector], protocol: SyntheticProtocol
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Evaluate detectors on Synthetic Shapes.

    mAP is the mean average precision of the kinds that have corners; AP all is that of all images together, so
    detections on ellipses and noise lower it.

    Returns:
        One row per detector, kind of shape and variant; one summary per detector.
    """
    found: dict[tuple[str, str, str], list[Detections]] = defaultdict(list)
    with tqdm(total=len(SHAPES) * protocol.images, desc="drawings", leave=False) as progress:
        for kind in SHAPES:
            for images, corners in drawings(kind, protocol):
                progress.update()
                for variant, image in images.items():
                    for detector in detectors:
                        detections = detect_corners(image, corners, detector, protocol.correctness_threshold)
                        found[detector.name, variant, kind].append(detections)
    rows = [
        {"detector": name, "variant": variant, "kind": kind, **_row(detections)}
        for (name, variant, kind), detections in found.items()
    ]
    return rows, [_summary(detector.name, rows, found) for detector in detectors]


def _summary(
    name: str, rows: Sequence[dict[str, Any]], found: dict[tuple[str, str, str], list[Detections]]
) -> dict[str, Any]:
    summary: dict[str, Any] = {"detector": name}
    for variant in VARIANTS:
        precisions = [r["average_precision"] for r in rows if (r["detector"], r["variant"]) == (name, variant)]
        together = _row([detections for kind in SHAPES for detections in found[name, variant, kind]])
        summary[f"mAP {variant}"] = float(np.nanmean(precisions))
        summary[f"AP all {variant}"] = together["average_precision"]
        summary[f"MLE {variant}"] = together["localization_error"]
    return summary
