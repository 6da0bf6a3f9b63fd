import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_scenes import wall_frames
from shared_data import shared_data

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.folders import read_folder
from superpoint_ros.evaluation.depth_baselines import FILLS
from superpoint_ros.evaluation.depth_protocol import (
    DepthProtocol,
    evaluate_depth,
    sample_grid,
    sample_random,
    sparse_inputs,
    summarize,
)


def holed_depth() -> np.ndarray:
    depth = np.random.default_rng(0).uniform(1, 5, (60, 80)).astype(np.float32)
    depth[:20] = 0.0
    return depth


@given(st.floats(0.0005, 0.3))
def test_random_samples_are_measured_and_as_many_as_asked(fraction):
    depth = holed_depth()
    sparse = sample_random(depth, fraction, np.random.default_rng(1))
    known = sparse > 0
    assert known.sum() == min(max(1, round(fraction * depth.size)), (depth > 0).sum())
    assert (sparse[known] == depth[known]).all()


def test_a_grid_is_regular_and_centred():
    rows, columns = np.nonzero(sample_grid(np.ones((60, 80), np.float32), 0.01))
    assert sorted(set(rows.tolist())) == [5, 15, 25, 35, 45, 55]
    assert sorted(set(columns.tolist())) == [5, 15, 25, 35, 45, 55, 65, 75]


def test_grid_nodes_without_depth_give_nothing():
    sparse = sample_grid(holed_depth(), 0.01)
    assert (sparse[:20] == 0).all()
    assert (sparse[25, 5::10] > 0).all()


def test_a_perfect_method_scores_perfectly():
    frames = wall_frames(2)
    truth = {frame.name: frame.depth() for frame in frames}
    by_depth = {round(float(depth[0, 0]), 3): depth for depth in truth.values()}
    methods = {"oracle": lambda image, sparse: by_depth[round(float(sparse.max()), 3)]}
    rows = list(evaluate_depth(frames, methods, DepthProtocol(fractions=(0.001,))))
    assert all(row["rmse"] == 0.0 and row["delta1"] == 1.0 for row in rows)
    assert {row["range"] for row in rows} == {"all", "0-2 m"}


def test_more_samples_fill_better():
    frames = read_folder(shared_data("rgbd/nyu_v2_a"))
    rows = list(evaluate_depth(frames, FILLS, DepthProtocol(fractions=(0.0005, 0.01))))
    summary = {
        (row["method"], row["samples"]): row["AbsRel"] for row in summarize(rows, "random") if row["range"] == "all"
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


@pytest.mark.parametrize("wrong", [{"pattern": "spiral"}, {"fractions": (0.0,)}, {"fractions": (2.0,)}])
def test_choices_out_of_range(wrong):
    with pytest.raises(DatasetError):
        DepthProtocol(**wrong)
