"""How well a confidence predicts errors: sparsification curves, and calibration.

Sparsification as in Ilg et al., "Uncertainty Estimates and Multi-Hypotheses Networks for Optical Flow" (ECCV 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 21


@dataclass(frozen=True)
class Sparsification:
    """Hold the mean error over the most confident pixels, for shares kept from all down to 5 %.

    Attributes:
        kept: Shares of the pixels kept, float64 (20,), descending from 1.
        error: Mean error of the pixels kept, float64 (20,).
        oracle: Mean error where the pixels with the largest errors are left out first, float64 (20,).
        area: Area between the two curves, over the error of all pixels; 0 = as good as the oracle.
        chance: Area of a constant confidence.
    """

    kept: np.ndarray
    error: np.ndarray
    oracle: np.ndarray
    area: float
    chance: float


def sparsify(error: np.ndarray, confidence: np.ndarray) -> Sparsification:
    """Compute the sparsification of errors (N,), N > 0, by their confidence (N,)."""
    kept = np.linspace(1.0, 0.0, STEPS)[:-1]
    counts = np.maximum(1, np.round(kept * len(error)).astype(int))
    by_confidence = np.cumsum(error[np.argsort(-confidence, kind="stable")])[counts - 1] / counts
    oracle = np.cumsum(np.sort(error))[counts - 1] / counts
    mean = max(float(error.mean()), 1e-12)
    return Sparsification(
        kept, by_confidence, oracle, float(np.mean(by_confidence - oracle)) / mean, float(np.mean(mean - oracle)) / mean
    )


def calibration(correct: np.ndarray, confidence: np.ndarray, bins: int = 10) -> list[tuple[float, float, int]]:
    """Compute mean confidence, share that is correct, and count, per bin of confidence that is not empty."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [place == number for number in range(bins)]
    return [(float(confidence[m].mean()), float(correct[m].mean()), int(m.sum())) for m in members if m.any()]


def calibration_error(correct: np.ndarray, confidence: np.ndarray) -> float:
    """Compute the expected calibration error: mean difference of confidence and share correct, weighted by the bins."""
    return sum(abs(stated - true) * count for stated, true, count in calibration(correct, confidence)) / len(correct)
