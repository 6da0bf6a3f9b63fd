"""The evaluation on Synthetic Shapes: its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from superpoint_ros.evaluation.detectors.selection import detector_settings, make_detectors
from superpoint_ros.evaluation.report.report import Report, write_report
from superpoint_ros.evaluation.synthetic.options import SyntheticProtocol
from superpoint_ros.evaluation.synthetic.protocol import evaluate_synthetic


def run_synthetic(names: Sequence[str], protocol: SyntheticProtocol, output: Path) -> Report:
    """Evaluate detectors on Synthetic Shapes, and write the report."""
    detectors = make_detectors(names, protocol.detector)
    rows, summary = evaluate_synthetic(detectors, protocol)
    report = Report("synthetic", asdict(protocol), detector_settings(detectors), summary, rows)
    write_report(report, output)
    return report
