"""Errors of predicted depth over the pixels where it and measured depth exist, also per range of depth.

Definitions of Eigen et al. (NIPS 2014) for relative error and delta; of the KITTI depth benchmark for iRMSE.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.sparse_depth import EDGE_REACH, MAX_DEPTH_SPREAD, is_depth


@dataclass(frozen=True)
class DepthScores:
    """Hold the errors of one depth image.

    Attributes:
        rmse: Root mean square error [m].
        mae: Mean absolute error [m].
        absolute_relative: Mean of error over true depth.
        absolute_relative_edges: The same over the pixels near edges of the true depth, see near_edges.
        inverse_rmse: Root mean square error of inverse depth [1/km].
        delta1: Share of pixels whose ratio to the truth (or its inverse) is below 1.25.
        delta2: Share of pixels below 1.25^2.
        delta3: Share of pixels below 1.25^3.
        coverage: Share of the measured pixels that have a prediction; the others count in no other figure.
        pixels: Number of pixels compared.
    """

    rmse: float = math.nan
    mae: float = math.nan
    absolute_relative: float = math.nan
    absolute_relative_edges: float = math.nan
    inverse_rmse: float = math.nan
    delta1: float = math.nan
    delta2: float = math.nan
    delta3: float = math.nan
    coverage: float = math.nan
    pixels: int = 0


def depth_scores(
    predicted: np.ndarray,
    measured: np.ndarray,
    min_depth: float = 0.0,
    max_depth: float = np.inf,
    near: np.ndarray | None = None,
) -> DepthScores:
    """Compare two depth images of one size [m], over measured depths in (min_depth, max_depth].

    NaN, infinity and values that are not positive mean "no depth" in either image.
    Figures are NaN where no pixel can be compared. `near` is near_edges(measured), for who has it already.

    Raises:
        ImageError: The two differ in shape.
    """
    if predicted.shape != measured.shape:
        raise ImageError(f"predicted depth has shape {predicted.shape}; expected that of the truth, {measured.shape}")
    wanted = is_depth(measured) & (measured > min_depth) & (measured <= max_depth)
    compared = wanted & is_depth(predicted)
    estimate, truth = predicted[compared].astype(np.float64), measured[compared].astype(np.float64)
    coverage = float(compared.sum() / wanted.sum()) if wanted.any() else float("nan")
    if not len(truth):
        return DepthScores(coverage=coverage)
    near = (near_edges(measured) if near is None else near)[compared]
    error, ratio = estimate - truth, np.maximum(estimate / truth, truth / estimate)
    return DepthScores(
        rmse=float(np.sqrt(np.mean(error**2))),
        mae=float(np.mean(np.abs(error))),
        absolute_relative=float(np.mean(np.abs(error) / truth)),
        absolute_relative_edges=float(np.mean(np.abs(error[near]) / truth[near])) if near.any() else math.nan,
        inverse_rmse=float(1000.0 * np.sqrt(np.mean((1.0 / estimate - 1.0 / truth) ** 2))),
        delta1=float(np.mean(ratio < 1.25)),
        delta2=float(np.mean(ratio < 1.25**2)),
        delta3=float(np.mean(ratio < 1.25**3)),
        coverage=coverage,
        pixels=len(truth),
    )


def near_edges(depth: np.ndarray) -> np.ndarray:
    """Tell which pixels are within EDGE_REACH, along each axis, of one around which depth spreads too far.

    Args:
        depth: Depth image (H, W) [m]; what is no depth is not measured, and makes no edge.

    Returns:
        bool (H, W); an edge is where the depths over 3x3 pixels differ by more than MAX_DEPTH_SPREAD.
    """
    around, reach = np.ones((3, 3), np.uint8), np.ones((2 * EDGE_REACH + 1,) * 2, np.uint8)
    known = is_depth(depth)
    log_depth = np.log(np.where(known, depth, 1.0)).astype(np.float32)
    highest = cv2.dilate(np.where(known, log_depth, np.float32(-np.inf)), around)
    lowest = cv2.erode(np.where(known, log_depth, np.float32(np.inf)), around)
    # Beyond the image OpenCV takes the largest numbers there are.
    with np.errstate(over="ignore"):
        edges = highest - lowest > np.log1p(MAX_DEPTH_SPREAD)
    return cv2.dilate(edges.astype(np.uint8), reach).astype(bool)


def depth_scores_by_range(
    predicted: np.ndarray, measured: np.ndarray, edges: Sequence[float], near: np.ndarray | None = None
) -> dict[tuple[float, float], DepthScores]:
    """Compute depth_scores for each range between consecutive `edges` [m]; keys are (min_depth, max_depth]."""
    return {limits: depth_scores(predicted, measured, *limits, near) for limits in pairwise(edges)}
