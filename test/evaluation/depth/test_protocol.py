from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import DatasetError, ParameterError
from superpoint_ros.core.sampling_patterns import PATTERNS
from superpoint_ros.evaluation.datasets.folders import read_folder
from superpoint_ros.evaluation.depth.baselines import FILLS
from superpoint_ros.evaluation.depth.options import DepthProtocol, Pattern
from superpoint_ros.evaluation.depth.protocol import evaluate_depth, sparse_inputs, summarize


def test_a_protocol_offers_every_pattern_and_given_samples():
    assert set(get_args(Pattern)) == {*PATTERNS, "given"}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_samples_are_measured_and_at_most_as_many_as_asked(pattern):
    frame = wall_frames(1)[0]
    depth = frame.depth()
    for fraction, sparse in sparse_inputs(frame, 0, DepthProtocol(pattern=pattern, fractions=(0.001, 0.02))):
        known = sparse > 0
        assert 0 < known.sum() <= 1.3 * fraction * depth.size
        np.testing.assert_array_equal(sparse[known], depth[known])


def test_a_perfect_method_scores_perfectly():
    frames = wall_frames(2)
    truth = {frame.name: frame.depth() for frame in frames}
    by_depth = {round(float(depth[0, 0]), 3): depth for depth in truth.values()}
    methods = {"oracle": lambda image, sparse: by_depth[round(float(sparse.max()), 3)]}
    rows = list(evaluate_depth(frames, methods, DepthProtocol(fractions=(0.001,))))
    assert all(row["rmse"] == 0.0 and row["delta1"] == 1.0 for row in rows)
    assert {row["range"] for row in rows} == {"all", "0-2 m"}


def test_a_range_without_a_prediction_lowers_its_coverage():
    frames = wall_frames(2)
    methods = {"every other": lambda image, sparse: np.full_like(sparse, sparse.max() if sparse.max() == 2.0 else 0.0)}
    rows = list(evaluate_depth(frames, methods, DepthProtocol(fractions=(0.001,))))
    summary = {row["range"]: row for row in summarize(rows, "uniform")}
    assert {name: (row["frames"], row["coverage"]) for name, row in summary.items()} == {
        "all": (2, 0.5),
        "0-2 m": (2, 0.5),
    }
    assert summary["0-2 m"]["RMSE m"] == 0.0


def test_more_samples_fill_better():
    frames = read_folder(shared_data("rgbd/nyu_v2_a"))
    rows = list(evaluate_depth(frames, FILLS, DepthProtocol(fractions=(0.0005, 0.01))))
    summary = {
        (row["method"], row["samples"]): row["AbsRel"] for row in summarize(rows, "uniform") if row["range"] == "all"
    }
    for method in FILLS:
        assert summary[method, "1 %"] < 0.04 < summary[method, "0.05 %"] < 0.15


def test_one_lidar_scan_fills_a_street():
    frames = read_folder(shared_data("rgbd/kitti_0001_gt_a"))[:1]
    rows = list(evaluate_depth(frames, FILLS, DepthProtocol(pattern="given")))
    summary = [row for row in summarize(rows, "given") if row["range"] == "all"]
    assert [row["samples"] for row in summary] == ["given"] * len(FILLS)
    assert all(row["AbsRel"] < 0.05 for row in summary)


def test_frames_that_lack_what_is_needed():
    frame = wall_frames(1)[0]
    with pytest.raises(DatasetError, match="no sparse depth"):
        list(sparse_inputs(frame, 0, DepthProtocol(pattern="given")))
    with pytest.raises(DatasetError, match="has no depth"):
        list(evaluate_depth(read_folder(shared_data("sequences/icl_snippet"))[:1], FILLS, DepthProtocol()))


def test_an_image_larger_than_its_depth_is_brought_to_the_depth_s_size():
    (frame,) = wall_frames(1)
    large = replace(frame, image=lambda: np.kron(frame.image(), np.ones((2, 2), np.uint8)))
    rows = list(evaluate_depth([large], FILLS, DepthProtocol(fractions=(0.01,))))
    assert {row["method"] for row in rows} == set(FILLS)
    assert all(np.isfinite(row["rmse"]) for row in rows)


def test_frames_without_depth_are_left_out_where_others_have_it():
    first, second, third = wall_frames(3)
    frames = [replace(first, depth=None), second, replace(third, depth=lambda: np.zeros((6, 8), np.float32))]
    alone = {row["frame"]: row for row in evaluate_depth([first, second], FILLS, DepthProtocol(fractions=(0.01,)))}
    rows = {row["frame"]: row for row in evaluate_depth(frames, FILLS, DepthProtocol(fractions=(0.01,)))}
    assert rows == {second.name: alone[second.name]}


@pytest.mark.parametrize(
    "wrong", [{"pattern": "spiral"}, {"fractions": (0.0,)}, {"fractions": (2.0,)}, {"fractions": (0.1, 0.1)}]
)
def test_choices_out_of_range(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        DepthProtocol(**wrong)
