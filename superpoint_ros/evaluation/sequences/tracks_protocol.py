""" "Connect the dots": a detector's points followed through a sequence, and how many of the links are right.

A link is a track's observation and the one before it, or the track's first one, by which drift shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.core.tracker import Tracker, TrackerOptions
from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.datasets.sizing import ImageSize
from superpoint_ros.evaluation.detectors.registry import Detector, DetectorOptions
from superpoint_ros.evaluation.sequences.pose_metrics import epipolar_distance, fundamental_matrix
from superpoint_ros.evaluation.sequences.sized_frames import (
    SizedFrame,
    depth_at,
    expected_position,
    rectify,
    relative_pose,
    size_frame,
    to_original_pixels,
)
from superpoint_ros.evaluation.sequences.track_metrics import Track, link_pairs, track_lengths


@dataclass(frozen=True)
class TracksProtocol:
    """Every choice of the evaluation.

    Attributes:
        size: of the images.
        max_descriptor_distance: descriptor distance at which a match is dropped; None = what suits the detector.
        max_missed_frames: images that a track outlives unseen.
        reprojection_threshold: pixels; a link is right by depth and poses if it ends this near to where it should.
        epipolar_threshold: pixels; a link is right by poses alone if it is this near to the true epipolar lines.
        detector: what is asked of every detector.
    """

    size: ImageSize = None
    max_descriptor_distance: float | None = None
    max_missed_frames: int = 5
    reprojection_threshold: float = 5.0
    epipolar_threshold: float = 3.0
    detector: DetectorOptions = field(default_factory=lambda: DetectorOptions(max_keypoints=500))


@dataclass(frozen=True)
class LinkErrors:
    """Errors [px] of links; NaN where what is needed to judge one is not known.

    Attributes:
        reprojection: float64 (P,), distance from where depth and poses put the point.
        epipolar: float64 (P,), distance from the true epipolar lines.
    """

    reprojection: np.ndarray
    epipolar: np.ndarray


def follow(
    frames: Sequence[Frame], detector: Detector, protocol: TracksProtocol
) -> tuple[list[SizedFrame], list[Tracks]]:
    """The frames, and for each the tracks of a detector's points."""
    tracker = Tracker(
        TrackerOptions(
            max_descriptor_distance=protocol.max_descriptor_distance or detector.max_descriptor_distance,
            max_missed_frames=protocol.max_missed_frames,
        )
    )
    views, tracks = [], []
    for frame in tqdm(frames, desc=detector.name, leave=False):
        view = size_frame(frame, protocol.size)
        views.append(view)
        tracks.append(tracker.update(detector.detect(view.image)))
    return views, tracks


def link_errors(views: Sequence[SizedFrame], tracks: Sequence[Track], from_first: bool) -> LinkErrors:
    """How far every link is from what the scene says, link by link in the order of track_metrics.link_pairs."""
    frame0, xy0, frame1, xy1 = link_pairs(tracks, from_first)
    errors = LinkErrors(np.full(len(frame0), np.nan), np.full(len(frame0), np.nan))
    for first, second in sorted(set(zip(frame0.tolist(), frame1.tolist(), strict=True))):
        rows = (frame0 == first) & (frame1 == second)
        judged = _pair_errors(views[first], views[second], xy0[rows], xy1[rows])
        errors.reprojection[rows], errors.epipolar[rows] = judged.reprojection, judged.epipolar
    return errors


def _pair_errors(first: SizedFrame, second: SizedFrame, xy0: np.ndarray, xy1: np.ndarray) -> LinkErrors:
    unknown = np.full(len(xy0), np.nan)
    pose = relative_pose(first.frame, second.frame)
    if pose is None or first.camera is None or second.camera is None:
        return LinkErrors(unknown, unknown)
    seen = rectify(xy1, second.camera)
    fundamental = fundamental_matrix(first.camera.matrix, second.camera.matrix, pose)
    epipolar = epipolar_distance(rectify(xy0, first.camera), seen, fundamental)
    if first.frame.depth is None:
        return LinkErrors(unknown, epipolar)
    depth = depth_at(first.frame.depth(), to_original_pixels(xy0, first))
    expected = expected_position(xy0, depth, first.camera, second.camera, pose)
    return LinkErrors(np.linalg.norm(expected - seen, axis=1), epipolar)


def right_links(
    first: SizedFrame, second: SizedFrame, xy0: np.ndarray, xy1: np.ndarray, protocol: TracksProtocol
) -> np.ndarray | None:
    """Which links (N, 2), (N, 2) between two frames are right: by depth where it is known, else by poses alone.

    Returns:
        bool (N,); None where poses are not known.
    """
    errors = _pair_errors(first, second, xy0, xy1)
    if np.isnan(errors.epipolar).all():
        return None
    by_poses = errors.epipolar <= protocol.epipolar_threshold
    return np.where(np.isnan(errors.reprojection), by_poses, errors.reprojection <= protocol.reprojection_threshold)


def _share_within(errors: np.ndarray, threshold: float) -> float:
    known = errors[~np.isnan(errors)]
    return float(np.mean(known <= threshold)) if len(known) else float("nan")


def summarize(views: Sequence[SizedFrame], tracks: Sequence[Track], protocol: TracksProtocol) -> dict[str, float | int]:
    """Lengths, and the shares of links that are right, where it can be known.

    right: share of the links judged by depth and poses that end where they should; judged: share of links that can
    be; epipolar: share of all links that agree with the poses. Each against the previous and the first observation.
    """
    lengths = track_lengths(tracks)
    summary: dict[str, float | int] = {
        "tracks": lengths.tracks,
        "mean length": lengths.mean,
        "longest": lengths.longest,
        "points in tracks": lengths.points,
    }
    for name, from_first in (("previous", False), ("first", True)):
        errors = link_errors(views, tracks, from_first)
        judged = np.isfinite(errors.reprojection)
        summary |= {
            f"right/{name}": _share_within(errors.reprojection, protocol.reprojection_threshold),
            f"judged/{name}": float(np.mean(judged)) if len(judged) else float("nan"),
            f"epipolar/{name}": _share_within(errors.epipolar, protocol.epipolar_threshold),
        }
    return summary


def track_rows(detector: str, tracks: Sequence[Track]) -> list[dict[str, Any]]:
    """One row per track seen at least twice."""
    return [
        {"detector": detector, "track": number, "first": int(t.frame[0]), "last": int(t.frame[-1]), "length": len(t)}
        for number, t in enumerate(tracks)
        if len(t) >= 2
    ]
