import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from superpoint_ros.evaluation.metrics.curves import area_under_curve, average_precision, fraction_within

ERRORS = arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 100))


def test_fraction_within_by_hand():
    assert fraction_within(np.array([0.5, 1.0, 2.0, np.inf]), [1.0, 3.0, 5.0]).tolist() == [0.5, 0.75, 0.75]


def test_perfect_errors_score_one():
    assert fraction_within(np.zeros(7), [1, 3]).tolist() == [1.0, 1.0]
    assert area_under_curve(np.zeros(7), 10.0) == 1.0


def test_nothing_to_summarize_is_not_a_number():
    assert np.isnan(fraction_within(np.zeros(0), [1.0])).all()
    assert np.isnan(area_under_curve(np.zeros(0), 10.0))
    assert np.isnan(average_precision(np.zeros(0), np.zeros(0, bool), 0))


def test_area_under_curve_by_hand():
    # Within t: none below 2, half from 2 to 6, all from 6 to 8 -> (4 * 0.5 + 2 * 1) / 8.
    assert area_under_curve(np.array([2.0, 6.0]), 8.0) == pytest.approx(0.5)


@given(ERRORS, st.floats(0.5, 50))
def test_area_agrees_with_numerical_integration(errors, limit):
    thresholds = (np.arange(2000) + 0.5) / 2000 * limit
    assert area_under_curve(errors, limit) == pytest.approx(fraction_within(errors, thresholds).mean(), abs=1e-3)


@given(ERRORS)
def test_wider_thresholds_never_hold_less(errors):
    shares = fraction_within(errors, np.linspace(0, 100, 30))
    assert (np.diff(shares) >= 0).all()
    assert shares[-1] == 1.0


def test_uniform_errors_fill_half_the_area():
    errors = np.random.default_rng(0).uniform(0, 10, 20000)
    assert area_under_curve(errors, 10.0) == pytest.approx(0.5, abs=0.01)


def test_average_precision_by_hand():
    # Ranked: right, wrong, right, of 3 positives: recall steps 1/3 at precision 1 and 1/3 at precision 2/3.
    confidence, correct = np.array([0.9, 0.1, 0.5]), np.array([True, True, False])
    assert average_precision(confidence, correct, 3) == pytest.approx(1 / 3 + 2 / 9)


def test_average_precision_of_a_perfect_and_a_useless_ranking():
    confidence = np.linspace(1, 0, 10)
    assert average_precision(confidence, np.ones(10, bool), 10) == 1.0
    assert average_precision(confidence, np.zeros(10, bool), 10) == 0.0
    assert average_precision(np.zeros(0), np.zeros(0, bool), 4) == 0.0


def test_equal_confidences_enter_together():
    for correct in ([True, False], [False, True]):
        assert average_precision(np.array([0.5, 0.5]), np.array(correct), 1) == pytest.approx(0.5)


@given(st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_average_precision_ignores_order_and_scale(count, seed):
    rng = np.random.default_rng(seed)
    confidence, correct = rng.integers(0, 8, count).astype(float), rng.random(count) < 0.5
    positives = int(correct.sum()) + 2
    order = rng.permutation(count)
    expected = average_precision(confidence, correct, positives)
    assert average_precision(confidence[order] * 3 - 1, correct[order], positives) == pytest.approx(expected)


def test_random_ranking_has_the_precision_of_its_share():
    rng = np.random.default_rng(1)
    correct = rng.random(20000) < 0.3
    assert average_precision(rng.random(20000), correct, int(correct.sum())) == pytest.approx(0.3, abs=0.02)
