"""Results of a run: counts, keypoints, tracks, and for rendered scenes whether the tracks follow the scene."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.cli.source import GroundTruth
from superpoint_ros.core.files import written_whole
from superpoint_ros.core.geometry import inverse_pose, lift, project, transform
from superpoint_ros.core.types import STATUS_NEW, Tracks
from superpoint_ros.evaluation.sequences.track_metrics import Track, collect_tracks, link_pairs

FOLLOW_PIXELS = 3.0
# Beginnings of other times in a report.
NO_STAGES = ("latency_", "stamp_")
DROPS = ("dropped", "lost", "skipped", "without_partner")


@dataclass
class RunRecord:
    """Collect the tracks of every image of a run, with its stamp in nanoseconds."""

    stamps: list[int] = field(default_factory=list)
    tracks: list[Tracks] = field(default_factory=list)

    def add(self, stamp: int, tracks: Tracks) -> None:
        """Add the tracks of the next image."""
        self.stamps.append(stamp)
        self.tracks.append(tracks)

    def rows(self) -> list[tuple[str, str]]:
        """Return name and value of the figures that need no ground truth."""
        keypoints = np.array([len(tracks) for tracks in self.tracks])
        tracked = [tracks.status != STATUS_NEW for tracks in self.tracks]
        numbers = np.array([flags.sum() for flags in tracked])
        ages = np.concatenate([tracks.age[flags] for tracks, flags in zip(self.tracks, tracked, strict=True)] or [[]])
        return [
            ("keypoints per frame", _spread(keypoints)),
            ("tracks per frame", _spread(numbers[1:])),
            ("mean track age", f"{ages.mean():.1f} frames (oldest {ages.max()})" if len(ages) else "no tracks"),
        ]

    def save(self, path: Path) -> None:
        """Save every observation as one row, to an .npz (NumPy) or .csv file.

        Columns: frame, stamp [ns], epoch, id, age, x, y [px], distance, status (0 new, 1 tracked).
        """
        columns = self._columns()
        with written_whole(path) as beside:
            if path.suffix == ".npz":
                np.savez_compressed(beside, **columns)
                return
            with beside.open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(columns)
                writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))

    def _columns(self) -> dict[str, Any]:
        counts = [len(tracks) for tracks in self.tracks]
        epochs = np.array([tracks.epoch for tracks in self.tracks], np.int64)
        columns: dict[str, Any] = {
            "frame": np.repeat(np.arange(len(counts)), counts),
            "stamp": np.repeat(np.array(self.stamps, np.int64), counts),
            "epoch": np.repeat(epochs, counts),
        }
        for name in ("id", "age", "xy", "distance", "status"):
            columns[name] = np.concatenate([getattr(tracks, name) for tracks in self.tracks])
        xy = columns.pop("xy")
        return columns | {"x": xy[:, 0], "y": xy[:, 1]}


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():.1f} ({values.min()} to {values.max()})" if len(values) else "-"


def reprojection_errors(tracks: Sequence[Track], truth: GroundTruth, *, from_first: bool) -> np.ndarray:
    """Compute how far tracked points are from where the scene's geometry puts them.

    Args:
        tracks: Tracks over the sequence of the ground truth.
        truth: Depths, poses and intrinsics of its frames.
        from_first: Whether to compare with a track's first observation (drift counts), else with the one before.

    Returns:
        float64 (P,), pixels: distance of the later observation from the earlier one, lifted by the depth at its nearest
        pixel and projected into the later image. Infinite where the point would be behind the camera.
    """
    frame0, xy0, frame1, xy1 = link_pairs(tracks, from_first=from_first)
    errors = np.full(len(frame0), np.inf)
    for first, second in sorted(set(zip(frame0.tolist(), frame1.tolist(), strict=True))):
        rows = (frame0 == first) & (frame1 == second)
        depth = truth.depths[first]
        column, row = np.clip(np.round(xy0[rows]).astype(int), 0, np.array(depth.shape[::-1]) - 1).T
        points = lift(xy0[rows], depth[row, column], truth.K)
        points = transform(points, inverse_pose(truth.poses[second]) @ truth.poses[first])
        errors[rows] = np.linalg.norm(project(points, truth.K) - xy1[rows], axis=1)
    result: np.ndarray = np.nan_to_num(errors, nan=np.inf)
    return result


def follow_rows(record: RunRecord, truth: GroundTruth) -> list[tuple[str, str]]:
    """Return name and value of the shares of tracked points that follow the scene."""
    tracks = collect_tracks(record.tracks)
    rows = []
    for name, from_first in (("since the image before", False), ("since first seen", True)):
        errors = reprojection_errors(tracks, truth, from_first=from_first)
        share = f"{100 * (errors < FOLLOW_PIXELS).mean():.1f} % within {FOLLOW_PIXELS:g} px" if len(errors) else "-"
        rows.append((f"follow the scene {name}", share))
    return rows


def answer_rows(sent: int, answered: int, statistics: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return name and value of what was sent to a node, what it answered, and what it reports as lost."""
    names = [name for name in DROPS if any(name in values for values in statistics)]
    totals = [f"{sum(int(values.get(name, 0)) for values in statistics)} {name.replace('_', ' ')}" for name in names]
    drops = ", ".join(totals) or "not reported"
    return [("frames in", str(sent)), ("frames out", str(answered)), ("drops", drops)]


def stage_rows(statistics: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return name and value of the stage times, "<stage>_ms" of the statistics."""
    named = {name.removesuffix("_ms"): value for name, value in statistics.items() if name.endswith("_ms")}
    stages = ((name, value) for name, value in named.items() if not name.startswith(NO_STAGES))
    return [(f"ms per frame, {stage}", f"{float(value):.1f}") for stage, value in stages]


def print_table(rows: Sequence[tuple[str, str]]) -> None:
    """Print two columns."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"  {name:<{width}}   {value}")
