"""The evaluations on sequences, of relative poses and of tracks: reports, curves and drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.matching import match
from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.detectors.registry import Detector
from superpoint_ros.evaluation.report.drawing import draw_matches, file_name, write_image
from superpoint_ros.evaluation.report.plots import plot_error_curves
from superpoint_ros.evaluation.report.report import Report, write_report
from superpoint_ros.evaluation.sequences import pose_protocol, tracks_protocol
from superpoint_ros.evaluation.sequences.methods import Method, make_methods
from superpoint_ros.evaluation.sequences.options import PoseProtocol, TracksProtocol
from superpoint_ros.evaluation.sequences.sized_frames import SizedFrame
from superpoint_ros.evaluation.sequences.track_metrics import collect_tracks


def run_pose(data: str, frames: Sequence[Frame], names: Sequence[str], protocol: PoseProtocol, output: Path) -> Report:
    """Evaluate relative poses on a sequence, and write the report and a plot."""
    methods = make_methods(names, protocol.detector)
    pairs = len(pose_protocol.frame_pairs(frames, protocol.frame_gaps))
    rows: dict[str, list[dict[str, Any]]] = {}
    for method in methods:
        found = pose_protocol.evaluate_poses(frames, method, protocol)
        rows[method.name] = list(tqdm(found, desc=method.name, total=pairs, leave=False))
    summary = [
        {"detector": name, "gap": gap, **pose_protocol.summarize([row for row in of_one if row["gap"] == gap])}
        for name, of_one in rows.items()
        for gap in sorted({row["gap"] for row in of_one})
    ]
    choices = {"data": data, "frames": len(frames), "pairs": pairs, **asdict(protocol)}
    report = Report("pose", choices, _settings(methods), summary, [row for of_one in rows.values() for row in of_one])
    write_report(report, output)
    errors = {name: np.array([row["pose_error"] for row in of_one]) for name, of_one in rows.items()}
    plot_error_curves(output / "pose_accuracy.png", errors, 20.0, "pose error [degrees]", "share of pairs")
    return report


def run_tracks(
    data: str,
    frames: Sequence[Frame],
    names: Sequence[str],
    protocol: TracksProtocol,
    output: Path,
    draw: int = 0,
) -> Report:
    """Evaluate tracks on a sequence; write the report, and `draw` images of tracks and of matches per detector."""
    methods = make_methods(names, protocol.detector)
    summary, rows = [], []
    for method in methods:
        views, tracks = tracks_protocol.follow(frames, method, protocol)
        whole = collect_tracks(tracks)
        summary.append({"detector": method.name, **tracks_protocol.summarize(views, whole, protocol)})
        rows += tracks_protocol.track_rows(method.name, whole)
        _draw_sequence(views, tracks, method, protocol, output, draw)
    choices = {"data": data, "frames": len(frames), **asdict(protocol)}
    choices["max_descriptor_distances"] = {
        one.name: protocol.max_descriptor_distance or one.detector.max_descriptor_distance for one in methods
    }
    report = Report("tracks", choices, _settings(methods), summary, rows)
    write_report(report, output)
    return report


def _settings(methods: Sequence[Method]) -> dict[str, Any]:
    return {one.name: one.detector.settings for one in methods}


def _draw_sequence(
    views: Sequence[SizedFrame],
    tracks: Sequence[Tracks],
    method: Method,
    protocol: TracksProtocol,
    output: Path,
    draw: int,
) -> None:
    """Draw tracks, and matches with the image before, of `draw` images spread over the sequence."""
    chosen = np.linspace(min(1, len(views) - 1), len(views) - 1, draw).astype(int)
    trails = Trails()
    for index, (view, current) in enumerate(zip(views, tracks, strict=True)):
        points = trails.update(current)
        if index in chosen:
            name = f"{view.frame.name}_{file_name(method.name)}.png"
            write_image(output / "tracks" / name, draw_tracks(view.image, current, points))
            if index and method.detector.describes:
                step = _draw_step(views[index - 1], view, method.detector, protocol)
                write_image(output / "matches" / name, step)


def _draw_step(first: SizedFrame, second: SizedFrame, detector: Detector, protocol: TracksProtocol) -> np.ndarray:
    """Draw the mutual matches of two successive images, colored by correctness where it is known."""
    features0, features1 = detector.detect(first.image), detector.detect(second.image)
    max_descriptor_distance = protocol.max_descriptor_distance or detector.max_descriptor_distance
    matches = match(features0.descriptors, features1.descriptors, max_descriptor_distance=max_descriptor_distance)
    xy0, xy1 = features0.xy[matches.index0], features1.xy[matches.index1]
    correct = tracks_protocol.correct_links(first, second, xy0, xy1, protocol)
    return draw_matches(first.image, second.image, xy0, xy1, correct)
