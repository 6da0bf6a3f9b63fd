"""The densifier's confidence on frames with measured depth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from superpoint_ros.core.sparse_depth import is_depth
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.depth.methods import Method, densify
from superpoint_ros.evaluation.depth.options import DepthProtocol
from superpoint_ros.evaluation.depth.protocol import density, evaluable_frames, image_of_size, sparse_inputs
from superpoint_ros.evaluation.depth.sparsification import calibration_error, sparsify
from superpoint_ros.inference.densifier import TRUSTED_RATIO


def evaluate_confidence(
    frames: Sequence[Frame], methods: Sequence[Method], protocol: DepthProtocol
) -> Iterator[dict[str, Any]]:
    """Compute one row per frame with depth, density and method with a confidence; errors are relative to the depth.

    The rows' "kept" and "error" hold the sparsification curve.
    """
    for number, frame in evaluable_frames(frames, protocol):
        assert frame.depth is not None
        measured = frame.depth()
        for fraction, sparse in sparse_inputs(frame, number, protocol):
            for method in methods:
                if method.densifier is None:
                    continue
                dense = densify(method.densifier, image_of_size(frame, measured.shape), sparse)
                known = is_depth(measured) & is_depth(dense.depth)
                if not known.any():
                    continue
                truth, depth, confidence = measured[known], dense.depth[known], dense.confidence[known]
                curve = sparsify(np.abs(depth / truth - 1.0), confidence)
                correct = np.abs(np.log(depth / truth)) < math.log(TRUSTED_RATIO)
                yield {
                    "method": method.name,
                    "frame": frame.name,
                    "fraction": fraction,
                    "area": curve.area,
                    "chance": curve.chance,
                    "calibration_error": calibration_error(correct, confidence),
                    "kept": curve.kept.tolist(),
                    "error": curve.error.tolist(),
                    "oracle": curve.oracle.tolist(),
                }


def summarize_confidence(rows: Sequence[dict[str, Any]], pattern: str) -> list[dict[str, Any]]:
    """Compute means over the frames per method and density; the densities of given samples count as one."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["method"], density(row["fraction"], pattern)].append(row)
    columns = ("fraction", "area", "chance", "calibration_error", "kept", "error", "oracle")
    return [
        {"method": method, "samples": samples, "frames": len(group)}
        | {name: np.mean([row[name] for row in group], axis=0).tolist() for name in columns}
        for (method, samples), group in groups.items()
    ]
