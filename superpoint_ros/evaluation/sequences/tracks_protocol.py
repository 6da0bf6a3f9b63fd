"""Tracks of a detector's keypoints through a sequence, and the share of correct links.

A link is a track's observation and the one before it, or the track's first one, which shows drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.sequences.methods import Method, track_images
from superpoint_ros.evaluation.sequences.options import TracksProtocol
from superpoint_ros.evaluation.sequences.pose_metrics import epipolar_distance, fundamental_matrix
from superpoint_ros.evaluation.sequences.sized_frames import (
    SizedFrame,
    measured_depth,
    relative_pose,
    reproject,
    size_frame,
    undistort,
)
from superpoint_ros.evaluation.sequences.track_metrics import Track, link_pairs, track_lengths


@dataclass(frozen=True)
class LinkErrors:
    """Hold errors [px] of links; NaN where poses or depth are unknown.

    Attributes:
        reprojection: Distance from where depth and poses put the point, float64 (P,).
        epipolar: Distance from the true epipolar lines, float64 (P,).
    """

    reprojection: np.ndarray
    epipolar: np.ndarray


def follow(frames: Sequence[Frame], method: Method, protocol: TracksProtocol) -> tuple[list[SizedFrame], list[Tracks]]:
    """Track a sequence; return the resized frames, and the tracks of each."""
    views = [size_frame(frame, protocol.image_size) for frame in frames]
    options = TrackerOptions(
        max_descriptor_distance=protocol.max_descriptor_distance or method.detector.max_descriptor_distance,
        max_missed_frames=protocol.max_missed_frames,
        network_every=protocol.network_every,
        epipolar_threshold=protocol.epipolar_threshold,
    )
    images = (view.image for view in views)
    return views, list(tqdm(track_images(images, method, options), desc=method.name, total=len(views), leave=False))


def link_errors(views: Sequence[SizedFrame], tracks: Sequence[Track], *, from_first: bool) -> LinkErrors:
    """Compute the errors of every link, in the order of track_metrics.link_pairs."""
    frame0, xy0, frame1, xy1 = link_pairs(tracks, from_first=from_first)
    errors = LinkErrors(np.full(len(frame0), np.nan), np.full(len(frame0), np.nan))
    for first, second in sorted(set(zip(frame0.tolist(), frame1.tolist(), strict=True))):
        rows = (frame0 == first) & (frame1 == second)
        pair = _pair_errors(views[first], views[second], xy0[rows], xy1[rows])
        errors.reprojection[rows], errors.epipolar[rows] = pair.reprojection, pair.epipolar
    return errors


def _pair_errors(first: SizedFrame, second: SizedFrame, xy0: np.ndarray, xy1: np.ndarray) -> LinkErrors:
    unknown = np.full(len(xy0), np.nan)
    pose = relative_pose(first.frame, second.frame)
    if pose is None or first.camera is None or second.camera is None:
        return LinkErrors(unknown, unknown)
    undistorted1 = undistort(xy1, second.camera)
    fundamental = fundamental_matrix(first.camera.K, second.camera.K, pose)
    epipolar = epipolar_distance(undistort(xy0, first.camera), undistorted1, fundamental)
    expected = reproject(xy0, measured_depth(first, xy0), first.camera, second.camera, pose)
    return LinkErrors(np.linalg.norm(expected - undistorted1, axis=1), epipolar)


def correct_links(
    first: SizedFrame, second: SizedFrame, xy0: np.ndarray, xy1: np.ndarray, protocol: TracksProtocol
) -> np.ndarray | None:
    """Tell which links between two frames are correct: by depth where it is known, else by poses alone.

    Args:
        first: Frame of the earlier observations.
        second: Frame of the later observations.
        xy0: Earlier observations (N, 2), pixels.
        xy1: Later observations (N, 2), pixels.
        protocol: Every choice of the evaluation.

    Returns:
        bool (N,); None where poses are unknown, or can judge none.
    """
    errors = _pair_errors(first, second, xy0, xy1)
    if np.isnan(errors.epipolar).all() and np.isnan(errors.reprojection).all():
        return None
    by_poses = errors.epipolar <= protocol.correct_epipolar_error
    return np.where(np.isnan(errors.reprojection), by_poses, errors.reprojection <= protocol.correct_reprojection_error)


def _share_within(errors: np.ndarray, threshold: float) -> float:
    known = errors[~np.isnan(errors)]
    return float(np.mean(known <= threshold)) if len(known) else float("nan")


def summarize(views: Sequence[SizedFrame], tracks: Sequence[Track], protocol: TracksProtocol) -> dict[str, float | int]:
    """Summarize lengths, and the shares of correct links.

    correct: share of the links judged by depth and poses that end where they should; judged: share of links that can
    be judged so; epipolar: share of all links that agree with the poses. Each from the previous and from the first
    observation.
    """
    lengths = track_lengths(tracks)
    summary: dict[str, float | int] = {
        "tracks": lengths.tracks,
        "mean length": lengths.mean,
        "longest": lengths.longest,
        "points in tracks": lengths.points,
    }
    for name, from_first in (("previous", False), ("first", True)):
        errors = link_errors(views, tracks, from_first=from_first)
        judged = np.isfinite(errors.reprojection)
        summary |= {
            f"correct/{name}": _share_within(errors.reprojection, protocol.correct_reprojection_error),
            f"judged/{name}": float(np.mean(judged)) if len(judged) else float("nan"),
            f"epipolar/{name}": _share_within(errors.epipolar, protocol.correct_epipolar_error),
        }
    return summary


def track_rows(detector: str, tracks: Sequence[Track]) -> list[dict[str, Any]]:
    """Return one row per track seen at least twice."""
    return [
        {"detector": detector, "track": number, "first": int(t.frame[0]), "last": int(t.frame[-1]), "length": len(t)}
        for number, t in enumerate(tracks)
        if len(t) >= 2
    ]
