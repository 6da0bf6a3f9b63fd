"""From a data set and detectors to a report, curves and drawings: one function per protocol."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.errors import DetectorError
from superpoint_ros.core.matching import match
from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation import homography_protocol, pose_protocol, tracks_protocol
from superpoint_ros.evaluation.datasets.frames import Frame, HomographyPair
from superpoint_ros.evaluation.descriptor_metrics import match_errors
from superpoint_ros.evaluation.detectors import DETECTORS, Detector, DetectorOptions, make_detector
from superpoint_ros.evaluation.drawing import draw_matches, write_image
from superpoint_ros.evaluation.plots import plot_curves, plot_error_curves
from superpoint_ros.evaluation.report import Report, write_report
from superpoint_ros.evaluation.sequences import SizedFrame
from superpoint_ros.evaluation.sizing import read_sized
from superpoint_ros.evaluation.synthetic_protocol import SyntheticProtocol, evaluate_synthetic
from superpoint_ros.evaluation.track_metrics import collect_tracks

logger = logging.getLogger(__name__)

Row = dict[str, Any]


def make_detectors(names: Sequence[str], options: DetectorOptions, describing: bool = False) -> list[Detector]:
    """Detectors by name (see detectors.make_detector); "all" is every one there is here, a warning names the rest.

    Args:
        names: at least one.
        options: what the protocol asks for.
        describing: whether they need descriptors.

    Raises:
        DetectorError: a name that is unknown, not available, or of a detector without descriptors that needs them.
    """
    if list(names) != ["all"]:
        detectors = [make_detector(name, options) for name in dict.fromkeys(names)]
        for detector in detectors:
            if describing and not detector.describes:
                raise DetectorError(f"detector '{detector.name}' has no descriptors, which this evaluation needs")
        return detectors
    detectors = []
    for name in DETECTORS:
        try:
            detectors.append(make_detector(name, options))
        except DetectorError as error:
            logger.warning("%s", error)
    return [detector for detector in detectors if detector.describes or not describing]


def _settings(detectors: Sequence[Detector]) -> dict[str, Any]:
    return {detector.name: detector.settings for detector in detectors}


def _all(rows: dict[str, list[Row]]) -> list[Row]:
    return [row for of_one in rows.values() for row in of_one]


def _file_name(detector: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in detector)


def run_homography(
    data: str,
    pairs: Sequence[HomographyPair],
    names: Sequence[str],
    protocol: homography_protocol.HomographyProtocol,
    output: Path,
    draw: int = 0,
) -> Report:
    """Evaluate on pairs with homographies; writes the report, two plots and drawings of the first `draw` pairs."""
    detectors = make_detectors(names, protocol.detector)
    rows: dict[str, list[Row]] = {}
    for detector in detectors:
        found = homography_protocol.evaluate_pairs(pairs, detector, protocol)
        rows[detector.name] = list(tqdm(found, desc=detector.name, total=len(pairs), leave=False))
    summary = [{"detector": name, **homography_protocol.summarize(of_one)} for name, of_one in rows.items()]
    choices = {"data": data, "pairs": len(pairs), **asdict(protocol)}
    report = Report("homography", choices, _settings(detectors), summary, _all(rows))
    write_report(report, output)
    described = {detector.name: rows[detector.name] for detector in detectors if detector.describes}
    errors = {name: np.array([row["corner_error"] for row in of_one]) for name, of_one in described.items()}
    plot_error_curves(output / "homography_accuracy.png", errors, 10.0, "mean corner error [px]", "share of pairs")
    thresholds = homography_protocol.MATCHING_THRESHOLDS
    accuracy = {n: np.mean([[r[f"mma_{t}"] for t in thresholds] for r in rs], axis=0) for n, rs in described.items()}
    plot_curves(output / "matching_accuracy.png", np.array(thresholds), accuracy, "threshold [px]", "right matches")
    for detector in detectors:
        if detector.describes:
            _draw_pairs(pairs[:draw], detector, protocol, output)
    return report


def _draw_pairs(
    pairs: Sequence[HomographyPair],
    detector: Detector,
    protocol: homography_protocol.HomographyProtocol,
    output: Path,
) -> None:
    reader = homography_protocol.PairReader(detector)
    for pair in pairs:
        sized = reader.read(pair, protocol.matching_size)
        matches = homography_protocol.match_pair(sized, protocol.max_distance)
        correct = match_errors(sized.features0, sized.features1, matches, sized.homography) <= protocol.threshold
        image0, image1 = (read_sized(path, protocol.matching_size)[0] for path in (pair.image0, pair.image1))
        xy0, xy1 = sized.features0.xy[matches.index0], sized.features1.xy[matches.index1]
        name = f"{pair.name.replace('/', '_')}_{_file_name(detector.name)}.png"
        write_image(output / "matches" / name, draw_matches(image0, image1, xy0, xy1, correct))


def run_pose(
    data: str, frames: Sequence[Frame], names: Sequence[str], protocol: pose_protocol.PoseProtocol, output: Path
) -> Report:
    """Evaluate relative poses on a sequence; writes the report and a plot."""
    detectors = make_detectors(names, protocol.detector, describing=True)
    pairs = len(pose_protocol.frame_pairs(frames, protocol.gaps))
    rows: dict[str, list[Row]] = {}
    for detector in detectors:
        found = pose_protocol.evaluate_poses(frames, detector, protocol)
        rows[detector.name] = list(tqdm(found, desc=detector.name, total=pairs, leave=False))
    summary = [
        {"detector": name, "gap": gap, **pose_protocol.summarize([row for row in of_one if row["gap"] == gap])}
        for name, of_one in rows.items()
        for gap in sorted({row["gap"] for row in of_one})
    ]
    choices = {"data": data, "frames": len(frames), "pairs": pairs, **asdict(protocol)}
    report = Report("pose", choices, _settings(detectors), summary, _all(rows))
    write_report(report, output)
    errors = {name: np.array([row["pose_error"] for row in of_one]) for name, of_one in rows.items()}
    plot_error_curves(output / "pose_accuracy.png", errors, 20.0, "pose error [degrees]", "share of pairs")
    return report


def run_tracks(
    data: str,
    frames: Sequence[Frame],
    names: Sequence[str],
    protocol: tracks_protocol.TracksProtocol,
    output: Path,
    draw: int = 0,
) -> Report:
    """Follow points through a sequence; writes the report, and `draw` images of tracks and of matches per detector."""
    detectors = make_detectors(names, protocol.detector, describing=True)
    summary, rows = [], []
    for detector in detectors:
        views, tracks = tracks_protocol.follow(frames, detector, protocol)
        whole = collect_tracks(tracks)
        summary.append({"detector": detector.name, **tracks_protocol.summarize(views, whole, protocol)})
        rows += tracks_protocol.track_rows(detector.name, whole)
        _draw_sequence(views, tracks, detector, protocol, output, draw)
    choices = {"data": data, "frames": len(frames), **asdict(protocol)}
    choices["max_distances"] = {one.name: protocol.max_distance or one.max_distance for one in detectors}
    report = Report("tracks", choices, _settings(detectors), summary, rows)
    write_report(report, output)
    return report


def _draw_sequence(
    views: Sequence[SizedFrame],
    tracks: Sequence[Tracks],
    detector: Detector,
    protocol: tracks_protocol.TracksProtocol,
    output: Path,
    draw: int,
) -> None:
    """Tracks, and the matches with the image before, of `draw` images spread over the sequence."""
    chosen = np.linspace(min(1, len(views) - 1), len(views) - 1, draw).astype(int)
    trails = Trails()
    for index, (view, current) in enumerate(zip(views, tracks, strict=True)):
        points = trails.update(current)
        if index in chosen:
            name = f"{view.frame.name}_{_file_name(detector.name)}.png"
            write_image(output / "tracks" / name, draw_tracks(view.image, current, points))
            if index:
                write_image(output / "matches" / name, _draw_step(views[index - 1], view, detector, protocol))


def _draw_step(
    first: SizedFrame, second: SizedFrame, detector: Detector, protocol: tracks_protocol.TracksProtocol
) -> np.ndarray:
    """Two-way matches of two successive images, side by side; right and wrong where the scene tells."""
    features0, features1 = detector.detect(first.image), detector.detect(second.image)
    max_distance = protocol.max_distance or detector.max_distance
    matches = match(features0.descriptors, features1.descriptors, max_distance)
    xy0, xy1 = features0.xy[matches.index0], features1.xy[matches.index1]
    correct = tracks_protocol.right_links(first, second, xy0, xy1, protocol)
    return draw_matches(first.image, second.image, xy0, xy1, correct)


def run_synthetic(names: Sequence[str], protocol: SyntheticProtocol, output: Path) -> Report:
    """Evaluate on Synthetic Shapes; writes the report."""
    detectors = make_detectors(names, protocol.detector)
    rows, summary = evaluate_synthetic(detectors, protocol)
    report = Report("synthetic", asdict(protocol), _settings(detectors), summary, rows)
    write_report(report, output)
    return report
