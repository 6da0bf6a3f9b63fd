"""Dense depth from sparse samples by any function of image and samples, on frames with measured depth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from superpoint_ros.core import sampling_patterns as patterns
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.image import resize_image, to_gray
from superpoint_ros.core.sparse_depth import is_depth
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.depth.baselines import Fill
from superpoint_ros.evaluation.depth.metrics import depth_scores, depth_scores_by_range, near_edges
from superpoint_ros.evaluation.depth.options import DepthProtocol

GIVEN = "given"


def sparse_inputs(frame: Frame, number: int, protocol: DepthProtocol) -> Iterator[tuple[float, np.ndarray]]:
    """Sample a frame's depth at each density of the protocol.

    Args:
        frame: Frame with depth.
        number: Number of the frame in its sequence, part of the seed.
        protocol: Every choice of the evaluation.

    Yields:
        The share of pixels that are samples, and the sparse depth (H, W), meters, 0 = no sample.

    Raises:
        DatasetError: The frame lacks what the pattern needs.
    """
    if protocol.pattern == GIVEN:
        if frame.sparse_depth is None:
            raise DatasetError(f"frame '{frame.name}' has no sparse depth; use another pattern than '{GIVEN}'")
        sparse = frame.sparse_depth()
        yield float(is_depth(sparse).mean()), sparse
        return
    depth = _measured(frame)
    gray = to_gray(image_of_size(frame, depth.shape))
    for index, fraction in enumerate(protocol.fractions):
        rng = np.random.default_rng([protocol.seed, number, index])
        count = max(1, round(fraction * depth.size))
        yield fraction, np.nan_to_num(patterns.sample_depth(depth, protocol.pattern, count, rng, gray))


def evaluable_frames(frames: Sequence[Frame], protocol: DepthProtocol) -> Iterator[tuple[int, Frame]]:
    """Choose the frames that have what the protocol needs, with their numbers in the sequence; the others are left out.

    Raises:
        DatasetError: No frame does.
    """
    chosen = 0
    for number, frame in enumerate(frames):
        has_samples = protocol.pattern != GIVEN or frame.sparse_depth is not None
        if has_samples and frame.depth is not None and is_depth(frame.depth()).any():
            chosen += 1
            yield number, frame
    if not chosen:
        wanted = "depth and sparse depth" if protocol.pattern == GIVEN else "depth"
        raise DatasetError(f"each of the {len(frames)} frames has no {wanted}; expected a data set with depth images")


def image_of_size(frame: Frame, size: tuple[int, ...]) -> np.ndarray:
    """Read a frame's image at the (height, width) of its depth, whose pixels methods fill."""
    image = frame.image()
    return image if image.shape[:2] == size else resize_image(image, (size[0], size[1]))


def _measured(frame: Frame) -> np.ndarray:
    if frame.depth is None:
        raise DatasetError(f"frame '{frame.name}' has no depth; expected a data set with depth images")
    return frame.depth()


def evaluate_depth(
    frames: Sequence[Frame], methods: Mapping[str, Fill], protocol: DepthProtocol
) -> Iterator[dict[str, Any]]:
    """Compute one row of figures per frame, density, method and range of depth ("all" and those between the edges).

    Ranges in which a frame has no measured depth are left out; one without a prediction has a coverage of 0.

    Raises:
        DatasetError: No frame has what the protocol needs; frames that lack it are left out where others have it.
    """
    for number, frame in evaluable_frames(frames, protocol):
        measured = _measured(frame)
        image, at_edges = image_of_size(frame, measured.shape), near_edges(measured)
        for fraction, sparse in sparse_inputs(frame, number, protocol):
            for name, fill in methods.items():
                predicted = fill(image, sparse)
                row = {
                    "method": name,
                    "frame": frame.name,
                    "fraction": fraction,
                    "samples": int(is_depth(sparse).sum()),
                }
                yield row | {"range": "all", **asdict(depth_scores(predicted, measured, near=at_edges))}
                by_range = depth_scores_by_range(predicted, measured, protocol.edges, at_edges)
                for (near, far), scores in by_range.items():
                    if not math.isnan(scores.coverage):
                        yield row | {"range": f"{near:g}-{far:g} m", **asdict(scores)}


def density(fraction: float, pattern: str) -> str:
    """Name the density that a frame's samples count for; given samples differ from frame to frame and count as one."""
    return pattern if pattern == GIVEN else f"{100 * fraction:g} %"


def summarize(rows: Sequence[dict[str, Any]], pattern: str) -> list[dict[str, Any]]:
    """Compute means over the frames per method, density and range; the densities of given samples count as one."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["method"], density(row["fraction"], pattern), row["range"]), []).append(row)
    titles = {
        "RMSE m": "rmse", "MAE m": "mae", "AbsRel": "absolute_relative", "AbsRel edges": "absolute_relative_edges",
        "iRMSE 1/km": "inverse_rmse", "d1": "delta1", "d2": "delta2", "d3": "delta3", "coverage": "coverage",
    }  # fmt: skip
    return [
        {"method": method, "samples": samples, "range": name, "frames": len(group)}
        | {title: _mean([row[key] for row in group]) for title, key in titles.items()}
        for (method, samples, name), group in groups.items()
    ]


def _mean(values: Sequence[float]) -> float:
    """Average the figures that frames have; a frame without edges has no error there."""
    found = np.array(values, np.float64)
    found = found[~np.isnan(found)]
    return float(found.mean()) if len(found) else float("nan")
