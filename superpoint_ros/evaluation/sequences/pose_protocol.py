"""Relative poses from essential matrices, on pairs of images of a sequence with known poses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.matching import match
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.metrics.curves import area_under_curve, fraction_within
from superpoint_ros.evaluation.metrics.estimation import estimate_relative_pose
from superpoint_ros.evaluation.sequences.methods import Method, track_images
from superpoint_ros.evaluation.sequences.options import PoseProtocol
from superpoint_ros.evaluation.sequences.pose_metrics import (
    direction_error,
    epipolar_distance,
    fundamental_matrix,
    rotation_error,
)
from superpoint_ros.evaluation.sequences.sized_frames import SizedFrame, relative_pose, size_frame, undistort

AREA_LIMITS = (5, 10, 20)


def frame_pairs(frames: Sequence[Frame], gaps: Sequence[int]) -> list[tuple[int, int]]:
    """Find the indices of every two frames that are `gaps` apart, have poses and cameras, and a baseline.

    Without a baseline, as of a camera that stands still, the translation has no direction that could be wrong.

    Raises:
        DatasetError: No two frames do.
    """
    known = [frame.pose is not None and frame.camera is not None for frame in frames]
    posed = [(i, i + gap) for gap in gaps for i in range(len(frames) - gap) if known[i] and known[i + gap]]
    pairs = [(first, second) for first, second in posed if _has_baseline(frames[first], frames[second])]
    if posed and not pairs:
        raise DatasetError("the camera stands still: no two frames have a baseline; expected a sequence that moves")
    if not pairs:
        raise DatasetError(
            f"{sum(known)} of {len(frames)} frames have a camera and a pose, no two of them {list(gaps)} frames apart; "
            "expected a sequence with intrinsics and true poses"
        )
    return pairs


def _has_baseline(first: Frame, second: Frame) -> bool:
    T_1_0 = relative_pose(first, second)
    return T_1_0 is not None and bool(T_1_0[:3, 3].any())


def evaluate_poses(frames: Sequence[Frame], method: Method, protocol: PoseProtocol) -> Iterator[dict[str, Any]]:
    """Compute one row of figures per pair of frames, from mutual matches or, with a tracker, from the tracks shared."""
    find_pair = (_matched_pairs if method.tracker is None else _tracked_pairs)(frames, method, protocol)
    for first, second in frame_pairs(frames, protocol.frame_gaps):
        row = {"detector": method.name, "frame0": frames[first].name, "frame1": frames[second].name}
        yield row | {"gap": second - first, **_pair_row(find_pair(first, second), protocol)}


# Two frames, and the same points in both (N, 2), pixels.
Pair: TypeAlias = tuple[SizedFrame, SizedFrame, np.ndarray, np.ndarray]


def _matched_pairs(frames: Sequence[Frame], method: Method, protocol: PoseProtocol) -> Callable[[int, int], Pair]:
    @lru_cache(maxsize=max(protocol.frame_gaps) + 2)
    def observe(index: int) -> tuple[SizedFrame, Features]:
        sized = size_frame(frames[index], protocol.image_size)
        return sized, method.detector.detect(sized.image)

    def find_pair(first: int, second: int) -> Pair:
        (view0, features0), (view1, features1) = observe(first), observe(second)
        limit = protocol.max_descriptor_distance
        matches = match(features0.descriptors, features1.descriptors, max_descriptor_distance=limit)
        return view0, view1, features0.xy[matches.index0], features1.xy[matches.index1]

    return find_pair


def _tracked_pairs(frames: Sequence[Frame], method: Method, protocol: PoseProtocol) -> Callable[[int, int], Pair]:
    views = [size_frame(frame, protocol.image_size) for frame in frames]
    options = TrackerOptions(
        max_descriptor_distance=protocol.max_descriptor_distance or method.detector.max_descriptor_distance,
        network_every=protocol.network_every,
        epipolar_threshold=protocol.epipolar_threshold,
    )
    tracks = list(track_images((view.image for view in views), method, options))

    def find_pair(first: int, second: int) -> Pair:
        before, after = tracks[first], tracks[second]
        ids = before.id if before.epoch == after.epoch else before.id[:0]
        _, rows0, rows1 = np.intersect1d(ids, after.id, return_indices=True)
        return views[first], views[second], before.xy[rows0], after.xy[rows1]

    return find_pair


def _pair_row(pair: Pair, protocol: PoseProtocol) -> dict[str, Any]:
    frame0, frame1, xy0, xy1 = pair
    camera0, camera1, T_1_0 = frame0.camera, frame1.camera, relative_pose(frame0.frame, frame1.frame)
    assert camera0 is not None
    assert camera1 is not None
    assert T_1_0 is not None
    fundamental = fundamental_matrix(camera0.K, camera1.K, T_1_0)
    distance = epipolar_distance(undistort(xy0, camera0), undistort(xy1, camera1), fundamental)
    focal_length = float(np.mean([camera.K[axis, axis] for camera in (camera0, camera1) for axis in (0, 1)]))
    rays0, rays1 = camera0.normalize(xy0), camera1.normalize(xy1)
    known = np.isfinite(rays0).all(axis=1) & np.isfinite(rays1).all(axis=1)
    found = estimate_relative_pose(rays0[known], rays1[known], focal_length, protocol.ransac)
    rotation = float("inf") if found is None else rotation_error(found.rotation, T_1_0[:3, :3])
    direction = float("inf") if found is None else direction_error(found.translation, T_1_0[:3, 3])
    precision = fraction_within(distance, [protocol.correct_epipolar_error])
    return {
        "matches": len(xy0),
        "inliers": 0 if found is None else int(found.inliers.sum()),
        "epipolar_precision": float(np.nan_to_num(precision)[0]),
        "rotation_error": rotation,
        "direction_error": direction,
        "pose_error": max(rotation, direction),
    }


def summarize(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Summarize the pairs of one detector: area under the curve of pose errors, medians, and means."""
    errors = np.array([row["pose_error"] for row in rows])
    areas = {f"AUC@{limit}": area_under_curve(errors, limit) for limit in AREA_LIMITS}
    return {
        **areas,
        "median rotation": float(np.median([row["rotation_error"] for row in rows])),
        "median direction": float(np.median([row["direction_error"] for row in rows])),
        "epipolar": float(np.mean([row["epipolar_precision"] for row in rows])),
        "matches": float(np.mean([row["matches"] for row in rows])),
        "inliers": float(np.mean([row["inliers"] for row in rows])),
    }
