import numpy as np
import pytest

from superpoint_ros.cli.depth_report import DepthScore, depth_rows, score_depth
from superpoint_ros.core.types import DenseDepth

NAN = np.nan


def image(values):
    return np.array([values], np.float32)


def test_scores_by_hand():
    truth = image([2.0, 2.0, 4.0, np.inf])
    dense = DenseDepth(image([2.1, 2.4, 4.0, 5.0]), image([0.9, 0.1, 0.8, 0.0]))
    score = score_depth(image([NAN, 2.0, NAN, NAN]), dense, truth)
    assert score.samples == 1
    assert score.error == pytest.approx((0.05 + 0.2 + 0) / 3, abs=1e-6)
    assert score.close == pytest.approx(2 / 3)
    assert score.confident_error == pytest.approx((0.05 + 0) / 2, abs=1e-6)
    assert score.nearest_error == pytest.approx((0 + 0 + 0.5) / 3)
    assert score.caption() == "1 samples, relative error 8.3 %"


def test_an_image_without_samples_counts_in_no_mean():
    nothing = np.full((1, 4), NAN, np.float32)
    empty = score_depth(nothing, DenseDepth(nothing, np.zeros((1, 4), np.float32)), image([1.0, 2.0, 3.0, 4.0]))
    assert empty.caption() == "0 samples, relative error -"
    rows = dict(depth_rows([empty, DepthScore(10, 0.04, 0.9, 0.02, 0.1)]))
    assert rows == {
        "samples per frame": "5.0",
        "mean relative error": "4.0 %",
        "within 10 % of the truth": "90.0 %",
        "mean relative error of the most confident half": "2.0 %",
        "mean relative error of the nearest sample's depth": "10.0 %",
    }
    assert dict(depth_rows([empty]))["mean relative error"] == "-"
