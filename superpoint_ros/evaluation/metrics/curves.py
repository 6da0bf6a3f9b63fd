"""Summaries of many errors or detections: share within a threshold, area under a curve, average precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def fraction_within(errors: np.ndarray, thresholds: Sequence[float] | np.ndarray) -> np.ndarray:
    """Compute the share of errors (N,) not above each threshold, float64 (T,); NaN where there are no errors.

    A failure counts as an infinite error. This is homography accuracy over pairs (SuperPoint paper, section 7.3)
    and mean matching accuracy over the matches of one pair (D2-Net, section 5.1).
    """
    errors = np.asarray(errors, np.float64)
    if not len(errors):
        return np.full(len(thresholds), np.nan)
    result: np.ndarray = np.mean(errors[:, None] <= np.asarray(thresholds, np.float64), axis=0)
    return result


def area_under_curve(errors: np.ndarray, limit: float) -> float:
    """Compute the area under "share of errors within t" for t from 0 to `limit`, over `limit`: 1 if all (N,) are 0.

    The share is a step function, so the area is the mean of max(0, 1 - error / limit), exactly. (The usual
    trapezoid over sorted errors gives a little more where errors are few.)
    """
    errors = np.asarray(errors, np.float64)
    if not len(errors):
        return float("nan")
    return float(np.mean(np.clip(1.0 - errors / limit, 0.0, None)))


def average_precision(confidence: np.ndarray, correct: np.ndarray, positives: int) -> float:
    """Compute the area under the precision-recall curve, as the sum of precision times the step in recall.

    Args:
        confidence: Confidences (N,), high = sure. Equal ones enter together, so their order does not matter.
        correct: Whether each is correct, bool (N,); true for at most `positives` of them.
        positives: Number that could have been found, against which recall is measured.

    Returns:
        A value in [0, 1]; NaN where nothing could have been found.
    """
    if positives == 0:
        return float("nan")
    if not len(confidence):
        return 0.0
    order = np.argsort(-np.asarray(confidence), kind="stable")
    ranked = np.asarray(confidence)[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = np.cumsum(np.asarray(correct, bool)[order])[last_of_tie]
    precision = found / (last_of_tie + 1)
    steps = np.diff(found, prepend=0) / positives
    return float(np.sum(steps * precision))
