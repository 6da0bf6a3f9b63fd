"""Sparsification and calibration by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.evaluation.depth.sparsification import calibration, calibration_error, sparsify


def test_the_oracle_leaves_no_area_and_chance_all_of_it():
    errors = np.arange(1.0, 101.0)
    best = sparsify(errors, -errors)
    assert best.area == pytest.approx(0.0, abs=1e-12)
    assert best.error[0] == pytest.approx(50.5)
    assert best.error[10] == pytest.approx(25.5)
    assert best.chance == pytest.approx(np.mean([(50.5 - (50 * k + 0.5)) / 50.5 for k in best.kept]))
    worst = sparsify(errors, errors)
    assert worst.area > best.chance


@given(st.integers(0, 10**6), st.integers(1, 60))
def test_the_oracle_is_never_beaten(seed, count):
    rng = np.random.default_rng(seed)
    curve = sparsify(rng.exponential(1.0, count), rng.random(count))
    assert np.all(curve.error >= curve.oracle - 1e-12)
    assert curve.error[0] == pytest.approx(curve.oracle[0])
    assert curve.area >= 0


def test_calibration_by_hand():
    confidence = np.array([0.05, 0.05, 0.95, 0.95, 0.95, 1.0])
    correct = np.array([False, False, True, True, True, False])
    bins = calibration(correct, confidence)
    assert bins == [(pytest.approx(0.05), 0.0, 2), (pytest.approx(0.9625), 0.75, 4)]
    assert calibration_error(correct, confidence) == pytest.approx((2 * 0.05 + 4 * 0.2125) / 6)
