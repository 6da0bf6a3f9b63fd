"""The evaluation of dense depth: report, curves of the confidence and strips of images."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from superpoint_ros.core.sparse_depth import is_depth
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.depth.confidence import evaluate_confidence, summarize_confidence
from superpoint_ros.evaluation.depth.methods import Method
from superpoint_ros.evaluation.depth.metrics import depth_scores
from superpoint_ros.evaluation.depth.options import DepthProtocol
from superpoint_ros.evaluation.depth.protocol import evaluate_depth, image_of_size, sparse_inputs, summarize
from superpoint_ros.evaluation.depth.strip import draw_strip
from superpoint_ros.evaluation.report.drawing import write_image
from superpoint_ros.evaluation.report.plots import plot_curves
from superpoint_ros.evaluation.report.report import Report, write_report

logger = logging.getLogger(__name__)


def run_depth(
    data: str,
    frames: Sequence[Frame],
    methods: Sequence[Method],
    protocol: DepthProtocol,
    output: Path,
    draw: int = 0,
) -> Report:
    """Evaluate dense depth from sparse samples; write the report, and a strip of the last method for `draw` frames.

    For methods with a confidence, its report and the curve of the remaining error are written to confidence/.
    """
    fills = {method.name: method.fill for method in methods}
    rows = list(tqdm(evaluate_depth(frames, fills, protocol), desc="frames, densities, ranges", leave=False))
    evaluated = {row["frame"] for row in rows}
    if left_out := len(frames) - len(evaluated):
        logger.warning("%d of %d frames left out: no depth belongs to them", left_out, len(frames))
    choices = {"data": data, "frames": len(evaluated), "frames_left_out": left_out, **asdict(protocol)}
    settings = {method.name: method.settings for method in methods}
    report = Report("depth", choices, settings, summarize(rows, protocol.pattern), rows)
    write_report(report, output)
    if any(method.densifier for method in methods):
        _report_confidence(frames, methods, protocol, choices, output / "confidence")
    shown = [(number, frame) for number, frame in enumerate(frames) if frame.name in evaluated]
    for index in np.linspace(0, len(shown) - 1, min(draw, len(shown))).astype(int):
        number, frame = shown[index]
        _draw(frame, number, methods[-1], protocol, output / "strips")
    return report


def _report_confidence(
    frames: Sequence[Frame],
    methods: Sequence[Method],
    protocol: DepthProtocol,
    choices: dict[str, object],
    folder: Path,
) -> None:
    rows = list(tqdm(evaluate_confidence(frames, methods, protocol), desc="frames, densities", leave=False))
    summary = summarize_confidence(rows, protocol.pattern)
    settings = {method.name: method.settings for method in methods if method.densifier}
    write_report(Report("depth confidence", choices, settings, summary, rows), folder)
    for number, row in enumerate(summary):
        error, oracle = np.array(row["error"]), np.array(row["oracle"])
        curves = {"least confident left out first": error / error[0], "largest error left out first": oracle / error[0]}
        share = f"{100 * row['fraction']:.3g} % samples"
        plot_curves(
            folder / f"sparsification_{number}.png", np.array(row["kept"]), curves, f"share kept, {share}", "error"
        )


def _draw(frame: Frame, number: int, method: Method, protocol: DepthProtocol, folder: Path) -> None:
    assert frame.depth is not None
    measured = frame.depth()
    image = image_of_size(frame, measured.shape)
    rows = []
    for _, sparse in sparse_inputs(frame, number, protocol):
        predicted = method.fill(image, sparse)
        error = depth_scores(predicted, measured).absolute_relative
        rows.append((sparse, predicted, f"{int(is_depth(sparse).sum())} samples, error {100 * error:.1f} %"))
    write_image(folder / f"{frame.name}.png", draw_strip(image, measured, rows))
