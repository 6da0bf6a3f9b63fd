"""Tracks over a sequence, their lengths, and the pairs of observations by which they are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.types import Tracks


@dataclass(frozen=True)
class Track:
    """Hold one track over a sequence.

    Attributes:
        frame: Indices of the images in which it was seen, int64 (L,), ascending.
        xy: Its observations, float32 (L, 2), pixels.
    """

    frame: np.ndarray
    xy: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)


def collect_tracks(frames: Sequence[Tracks]) -> list[Track]:
    """Collect the tracker's output per image into one Track per (epoch, id), in order of first appearance."""
    seen: dict[tuple[int, int], tuple[list[int], list[np.ndarray]]] = {}
    for index, tracks in enumerate(frames):
        for identity, xy in zip(tracks.id, tracks.xy, strict=True):
            numbers, points = seen.setdefault((tracks.epoch, int(identity)), ([], []))
            numbers.append(index)
            points.append(xy)
    return [Track(np.array(numbers), np.array(points, np.float32)) for numbers, points in seen.values()]


@dataclass(frozen=True)
class TrackLengths:
    """Hold statistics of track lengths.

    Attributes:
        mean: Mean number of images per track, of those seen at least twice; 0 if there are none.
        longest: Largest number of images of one track.
        tracks: Number of tracks seen at least twice.
        points: Share of all keypoints that belong to such a track.
    """

    mean: float
    longest: int
    tracks: int
    points: float


def track_lengths(tracks: Sequence[Track]) -> TrackLengths:
    """Compute the lengths of tracks; a keypoint seen once is not a track, but counts in the share of points."""
    lengths = np.array([len(track) for track in tracks], np.int64)
    kept = lengths[lengths >= 2]
    if not len(kept):
        return TrackLengths(0.0, 0, 0, 0.0)
    return TrackLengths(float(kept.mean()), int(kept.max()), len(kept), float(kept.sum() / lengths.sum()))


def link_pairs(tracks: Sequence[Track], *, from_first: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pair the observations by which tracks are judged.

    Args:
        tracks: Tracks of any length; those seen once give no pair.
        from_first: Whether to pair an observation with the track's first (drift counts), else with the one before.

    Returns:
        frame0 (P,), xy0 (P, 2), frame1 (P,), xy1 (P, 2): the earlier and the later observation of each pair.
    """
    kept = [track for track in tracks if len(track) >= 2]
    if not kept:
        return np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros((0, 2))
    earlier = [np.zeros(len(t) - 1, np.int64) if from_first else np.arange(len(t) - 1) for t in kept]
    frame0 = np.concatenate([track.frame[index] for track, index in zip(kept, earlier, strict=True)])
    xy0 = np.concatenate([track.xy[index] for track, index in zip(kept, earlier, strict=True)])
    frame1 = np.concatenate([track.frame[1:] for track in kept])
    xy1 = np.concatenate([track.xy[1:] for track in kept])
    return frame0, xy0, frame1, xy1
