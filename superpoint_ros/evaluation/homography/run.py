"""The evaluation on image pairs: report, curves and drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.evaluation.datasets.frames import HomographyPair
from superpoint_ros.evaluation.datasets.sizing import read_sized
from superpoint_ros.evaluation.detectors.registry import Detector
from superpoint_ros.evaluation.detectors.selection import detector_settings, make_detectors
from superpoint_ros.evaluation.homography import protocol as homography_protocol
from superpoint_ros.evaluation.homography.options import HomographyProtocol
from superpoint_ros.evaluation.metrics.descriptors import match_errors
from superpoint_ros.evaluation.report.drawing import draw_matches, file_name, write_image
from superpoint_ros.evaluation.report.plots import plot_curves, plot_error_curves
from superpoint_ros.evaluation.report.report import Report, write_report


def run_homography(
    data: str,
    pairs: Sequence[HomographyPair],
    names: Sequence[str],
    protocol: HomographyProtocol,
    output: Path,
    draw: int = 0,
) -> Report:
    """Evaluate detectors on pairs with homographies; write the report, two plots and drawings of matches.

    Args:
        data: Name of the data set, for the report.
        pairs: Pairs of images.
        names: Names of the detectors.
        protocol: Every choice of the evaluation.
        output: Folder to write to.
        draw: Number of pairs, from the first, whose matches are drawn.
    """
    detectors = make_detectors(names, protocol.detector)
    rows: dict[str, list[dict[str, Any]]] = {}
    for detector in detectors:
        found = homography_protocol.evaluate_pairs(pairs, detector, protocol)
        rows[detector.name] = list(tqdm(found, desc=detector.name, total=len(pairs), leave=False))
    summary = [{"detector": name, **homography_protocol.summarize(of_one)} for name, of_one in rows.items()]
    choices = {"data": data, "pairs": len(pairs), **asdict(protocol)}
    report = Report(
        "homography",
        choices,
        detector_settings(detectors),
        summary,
        [row for of_one in rows.values() for row in of_one],
    )
    write_report(report, output)
    described = {detector.name: rows[detector.name] for detector in detectors if detector.describes}
    errors = {name: np.array([row["corner_error"] for row in of_one]) for name, of_one in described.items()}
    plot_error_curves(output / "homography_accuracy.png", errors, 10.0, "mean corner error [px]", "share of pairs")
    thresholds = homography_protocol.MATCHING_THRESHOLDS
    accuracy = {n: np.mean([[r[f"mma_{t}"] for t in thresholds] for r in rs], axis=0) for n, rs in described.items()}
    plot_curves(output / "matching_accuracy.png", np.array(thresholds), accuracy, "threshold [px]", "correct matches")
    for detector in detectors:
        if detector.describes:
            _draw_pairs(pairs[:draw], detector, protocol, output)
    return report


def _draw_pairs(
    pairs: Sequence[HomographyPair],
    detector: Detector,
    protocol: HomographyProtocol,
    output: Path,
) -> None:
    reader = homography_protocol.PairReader(detector)
    for pair in pairs:
        sized = reader.read(pair, protocol.matching_size)
        matches = homography_protocol.match_pair(sized, protocol.max_descriptor_distance)
        correct = (
            match_errors(sized.features0, sized.features1, matches, sized.homography) <= protocol.correctness_threshold
        )
        image0, image1 = (read_sized(path, protocol.matching_size)[0] for path in (pair.image0, pair.image1))
        xy0, xy1 = sized.features0.xy[matches.index0], sized.features1.xy[matches.index1]
        name = f"{pair.name.replace('/', '_')}_{file_name(detector.name)}.png"
        write_image(output / "matches" / name, draw_matches(image0, image1, xy0, xy1, correct))
