"""Errors of a run's dense depth, and of its most confident half."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.sparse_depth import is_depth, nearest_sample
from superpoint_ros.core.types import DenseDepth

CLOSE = 0.1  # relative error


@dataclass(frozen=True)
class DepthScore:
    """Hold the scores of one image; errors are means of |depth / truth - 1| over pixels that have both, else NaN.

    Attributes:
        samples: Number of samples given.
        error: Error of the dense depth.
        close: Share of its pixels with an error below CLOSE.
        confident_error: Error of the half of its pixels with the highest confidence.
        nearest_error: Error of filling each pixel with its nearest sample's depth.
    """

    samples: int
    error: float
    close: float
    confident_error: float
    nearest_error: float

    def caption(self) -> str:
        """Return samples and error in a few words."""
        return f"{self.samples} samples, relative error {_percent(self.error)}"


def score_depth(sparse: np.ndarray, dense: DenseDepth, truth: np.ndarray) -> DepthScore:
    """Compare dense depth with the true one.

    Args:
        sparse: Samples that were given (H, W), meters, NaN = no sample.
        dense: Dense depth made from them.
        truth: True depth (H, W), meters.
    """
    errors = _relative_errors(dense.depth, truth)
    confident = np.where(dense.confidence >= np.median(dense.confidence), dense.depth, np.nan)
    return DepthScore(
        samples=int(is_depth(sparse).sum()),
        error=_mean(errors),
        close=_mean(errors < CLOSE),
        confident_error=_mean(_relative_errors(confident, truth)),
        nearest_error=_mean(_relative_errors(nearest_sample(sparse).depth, truth)),
    )


def depth_rows(scores: Sequence[DepthScore]) -> list[tuple[str, str]]:
    """Return name and value of the means over the images that have a figure."""

    def mean(name: str) -> str:
        values = np.array([getattr(score, name) for score in scores], np.float64)
        return _percent(_mean(values[np.isfinite(values)]))

    return [
        ("samples per frame", f"{_mean(np.array([score.samples for score in scores])):.1f}"),
        ("mean relative error", mean("error")),
        (f"within {100 * CLOSE:g} % of the truth", mean("close")),
        ("mean relative error of the most confident half", mean("confident_error")),
        ("mean relative error of the nearest sample's depth", mean("nearest_error")),
    ]


def _relative_errors(depth: np.ndarray, truth: np.ndarray) -> np.ndarray:
    known = is_depth(depth) & is_depth(truth)
    result: np.ndarray = np.abs(depth[known] / truth[known] - 1.0)
    return result


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if math.isfinite(share) else "-"
