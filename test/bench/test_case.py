import itertools

import numpy as np
import pytest

from superpoint_ros.bench.case import Case, draw_images, measure, measure_apart, sweep
from superpoint_ros.core.errors import BackendError

SMALL = Case(backend="openvino", size=(64, 96), keypoints=50)


def test_a_case_is_measured_stage_by_stage():
    row = measure(SMALL, 4)
    stages = row["stages_ms"]
    assert stages.keys() == {"network", "decode", "track", "total"}
    parts = sum(stages[name]["p50"] for name in ("network", "decode", "track"))
    assert 0.5 * stages["total"]["p50"] < parts < 1.5 * stages["total"]["p50"]
    assert stages["total"]["p50"] <= stages["total"]["p95"] <= stages["total"]["p99"]
    assert row["device"].startswith("cpu (OpenVINO, int8)")
    assert row["images_per_second"] > 0
    assert 20 < row["peak_memory_mb"] < 10_000


def test_a_process_of_its_own_measures_the_same_case():
    row = measure_apart(SMALL, 2)
    assert row["case"] == {**vars(SMALL)}


def test_the_plain_network_has_no_other_stage():
    pytest.importorskip("torch", reason="the extra [torch] brings PyTorch")
    assert measure(Case(backend="plain", size=(64, 96)), 2)["stages_ms"].keys() == {"network", "total"}


def test_a_batch_counts_per_image():
    row = measure(Case(backend="openvino", size=(64, 96), keypoints=50, batch=3), 2)
    assert row["images_per_second"] * row["stages_ms"]["total"]["p50"] > 300  # of two runs the median is the mean


def test_what_is_not_there_is_refused():
    with pytest.raises(BackendError):
        measure(Case(backend="torch", precision="int8", size=(64, 96)), 1)


def test_a_sweep_combines_backends_precisions_and_sizes_and_varies_the_rest_alone():
    axes = {
        "backend": ["a", "b"],
        "precision": ["p", "q"],
        "size": [(1, 1), (2, 2)],
        "batch": [1, 4],
        "threads": [0, 1],
    }
    cases = sweep(axes)
    together = {(one.backend, one.precision, one.size) for one in cases if (one.batch, one.threads) == (1, 0)}
    assert together == set(itertools.product("ab", "pq", [(1, 1), (2, 2)]))
    assert [(one.batch, one.threads) for one in cases[8:]] == [(4, 0), (1, 1)]
    assert len(cases) == len(set(cases)) == 10


def test_drawn_images_move():
    first, second = draw_images((48, 64))[:2]
    assert first.shape == (48, 64)
    np.testing.assert_array_equal(first[:, 2:], second[:, :-2])
