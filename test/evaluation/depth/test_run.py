"""Depth evaluation as a whole: files written, D3 among the methods, its confidence judged, strips drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames
from helpers.seeded import seeded_d3_file

from superpoint_ros.core.errors import CheckpointError, DatasetError
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.evaluation.depth import methods as depth_methods
from superpoint_ros.evaluation.depth.confidence import evaluate_confidence, summarize_confidence
from superpoint_ros.evaluation.depth.methods import Method, make_methods
from superpoint_ros.evaluation.depth.options import DepthProtocol, MethodOptions
from superpoint_ros.evaluation.depth.run import run_depth
from superpoint_ros.inference.network_options import RuntimeOptions

PROTOCOL = DepthProtocol(fractions=(0.001, 0.01))


def test_classical_methods_write_a_report_and_no_confidence(tmp_path: Path):
    report = run_depth("wall", wall_frames(2), make_methods(["nearest"]), DepthProtocol(fractions=(0.001,)), tmp_path)
    assert [row["range"] for row in report.summary] == ["all", "0-2 m"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "rows.csv", "summary.csv"]


def test_a_network_is_a_method_like_any_other(tmp_path: Path):
    pytest.importorskip("matplotlib")
    weights, frames = seeded_d3_file(tmp_path), wall_frames(1)
    output = tmp_path / "output"
    methods = make_methods(["linear", f"d3:{weights}"], MethodOptions(RuntimeOptions(device="cpu"), max_image_size=160))
    report = run_depth("wall", frames, methods, PROTOCOL, output, draw=1)
    assert report.detectors[f"d3:{weights}"]["max_image_size"] == 160
    assert {row["method"] for row in report.summary} == {"linear", f"d3:{weights}"}
    assert len(report.detectors[f"d3:{weights}"]["weights_sha256"]) == 64
    confidence = json.loads((output / "confidence" / "report.json").read_text())
    assert [row["fraction"] for row in confidence["summary"]] == [0.001, 0.01]
    strip = cv2.imread(str(next((output / "strips").iterdir())))
    height, width = frames[0].image().shape[:2]
    assert strip.shape == (2 * height, 4 * width, 3)


def test_a_method_named_twice_is_one():
    assert [method.name for method in make_methods(["nearest", "linear", "nearest"])] == ["nearest", "linear"]


class Honest:
    """A densifier that errs more on the right and says so."""

    def densify(self, rgb, sparse, color):
        x = np.linspace(0.0, 0.2, rgb.shape[1], dtype=np.float32)[None].repeat(len(rgb), axis=0)
        depth = np.float32(sparse.max()) * (1 + x)
        return DenseDepth(depth, np.where(x < 0.1, np.float32(1.0), np.float32(0.0)) * (1 - x))


def test_an_honest_confidence_reaches_the_oracle():
    method = Method("honest", lambda image, sparse: sparse, Honest())
    rows = list(evaluate_confidence(wall_frames(2), [method], DepthProtocol(fractions=(0.01,))))
    summary = summarize_confidence(rows, "uniform")
    assert [row["frames"] for row in summary] == [2]
    assert summary[0]["area"] < 0.1 * summary[0]["chance"]
    assert np.all(np.diff(summary[0]["error"]) <= 1e-9)


def sampled(depth: np.ndarray, step: int) -> np.ndarray:
    sparse = np.zeros_like(depth)
    sparse[::step, ::step] = depth[::step, ::step]
    return sparse


def test_the_confidence_on_given_samples_is_averaged_over_frames_of_different_densities(tmp_path: Path):
    pytest.importorskip("matplotlib")
    frames = [
        replace(frame, sparse_depth=lambda depth=frame.depth, step=step: sampled(depth(), step))
        for frame, step in zip(wall_frames(3), (10, 20, 40), strict=True)
    ]
    method = Method("honest", lambda image, sparse: sparse, Honest())
    run_depth("wall", frames, [method], DepthProtocol(pattern="given"), tmp_path)
    (row,) = json.loads((tmp_path / "confidence" / "report.json").read_text())["summary"]
    assert (row["samples"], row["frames"]) == ("given", 3)
    assert row["fraction"] == pytest.approx((1 / 100 + 1 / 400 + 1 / 1600) / 3)
    assert len(list((tmp_path / "confidence").glob("*.png"))) == 1


def test_unknown_methods_and_missing_weights_are_refused(monkeypatch):
    with pytest.raises(DatasetError, match="'spline' is not one of nearest, linear"):
        make_methods(["spline"])
    with pytest.raises(CheckpointError, match="no such file"):
        make_methods(["d3:none.safetensors"])
    seen = []

    def missing(weights, **options):
        seen.append(weights)
        raise CheckpointError("no weights")

    monkeypatch.setattr(depth_methods, "Densifier", missing)
    with pytest.raises(CheckpointError, match="no weights"):
        make_methods(["d3"])
    assert seen == [None]
