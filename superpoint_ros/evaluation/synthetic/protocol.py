"""Detectors on Synthetic Shapes, whose corners are known exactly (SuperPoint paper, section 4.2 and appendix A)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.detectors.registry import Detector, DetectorOptions
from superpoint_ros.evaluation.metrics.curves import average_precision
from superpoint_ros.evaluation.metrics.keypoints import match_detections
from superpoint_ros.scenes.photometric import Photometric, PhotometricRanges
from superpoint_ros.scenes.synthetic_shapes import SHAPES, draw_shape

VARIANTS = ("clean", "noisy")
JUDGEMENTS = ("score", "correct", "error")


@dataclass(frozen=True)
class SyntheticProtocol:
    """Every choice of the evaluation.

    Attributes:
        images: drawings of each kind of figure; each is looked at clean and with photometric noise.
        size: (height, width).
        threshold: pixels; a detection this near to a free corner is right.
        seed: of the drawings and the noise.
        noise: the photometric noise.
        detector: what is asked of every detector. The threshold is low, for the whole precision-recall curve.
    """

    images: int = 1000
    size: tuple[int, int] = (120, 160)
    threshold: float = 2.0
    seed: int = 0
    noise: PhotometricRanges = field(default_factory=PhotometricRanges)
    detector: DetectorOptions = field(default_factory=lambda: DetectorOptions(max_keypoints=300, threshold=0.001))

    def __post_init__(self) -> None:
        if self.images < 1:
            raise DatasetError(f"images={self.images}: expected at least 1 of each kind")


@dataclass(frozen=True)
class Detections:
    """What a detector found in one image.

    Attributes:
        score: (N,), strengths.
        correct: bool (N,).
        error: (N,), pixels; NaN where not correct.
        corners: how many there were to find.
    """

    score: np.ndarray
    correct: np.ndarray
    error: np.ndarray
    corners: int


def drawings(kind: str, protocol: SyntheticProtocol) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Images uint8 (H, W) by variant, and their corners (N, 2), of one kind of figure."""
    number = list(SHAPES).index(kind)
    rng = np.random.default_rng([protocol.seed, number])
    noise = Photometric(protocol.noise, torch.Generator().manual_seed(protocol.seed * len(SHAPES) + number))
    for _ in range(protocol.images):
        clean, corners = draw_shape(rng, protocol.size, kind)
        noisy = noise(torch.from_numpy(clean)[None, None].float() / 255)[0, 0]
        yield {"clean": clean, "noisy": (noisy * 255).round().byte().numpy()}, corners


def detect_corners(image: np.ndarray, corners: np.ndarray, detector: Detector, threshold: float) -> Detections:
    """What a detector finds in one image, judged."""
    features = detector.detect(image)
    correct, error = match_detections(features.xy, features.score, corners, threshold)
    return Detections(features.score, correct, error, len(corners))


def _row(found: Sequence[Detections]) -> dict[str, float | int]:
    score, correct, error = (np.concatenate([getattr(one, name) for one in found]) for name in JUDGEMENTS)
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
    """Rows per detector, kind of figure and variant; and per detector a summary.

    mAP is the mean average precision of the kinds that have corners; AP all is that of all images together, so
    detections on ellipses and noise count against it.
    """
    found: dict[tuple[str, str, str], list[Detections]] = defaultdict(list)
    with tqdm(total=len(SHAPES) * protocol.images, desc="drawings", leave=False) as progress:
        for kind in SHAPES:
            for images, corners in drawings(kind, protocol):
                progress.update()
                for variant, image in images.items():
                    for detector in detectors:
                        judged = detect_corners(image, corners, detector, protocol.threshold)
                        found[detector.name, variant, kind].append(judged)
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
