import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.evaluation.homography.metrics import corner_error

PERSPECTIVE = np.array([[1.05, 0.08, 4.0], [-0.06, 0.95, 7.0], [2e-4, -1e-4, 1.0]])


def test_a_shift_is_its_length():
    shift = np.array([[1.0, 0, 3], [0, 1, 4], [0, 0, 1]])
    assert corner_error(shift, np.eye(3), (480, 640)) == pytest.approx(5.0)


def test_a_zoom_by_hand():
    # Corners (0, 0), (100, 0), (100, 40), (0, 40) move by 0, 100, hypot(100, 40) and 40 px.
    expected = (100 + np.hypot(100, 40) + 40) / 4
    assert corner_error(np.diag([2.0, 2.0, 1.0]), np.eye(3), (41, 101)) == pytest.approx(expected)


@given(st.floats(0.01, 100), st.booleans())
def test_the_true_homography_has_no_error_at_any_scale(scale, negative):
    estimated = PERSPECTIVE * (-scale if negative else scale)
    assert corner_error(estimated, PERSPECTIVE, (480, 640)) == pytest.approx(0.0, abs=1e-8)


def test_error_is_the_same_whichever_is_called_true():
    other = PERSPECTIVE + np.array([[0.01, 0, 2], [0, 0.02, 1], [0, 0, 0]])
    error = corner_error(other, PERSPECTIVE, (480, 640))
    assert error == pytest.approx(corner_error(PERSPECTIVE, other, (480, 640)))
    assert error > 1.0


@pytest.mark.parametrize("failed", [None, np.full((3, 3), np.nan), np.zeros((3, 3))])
def test_a_failed_estimate_is_infinitely_wrong(failed):
    assert corner_error(failed, np.eye(3), (480, 640)) == np.inf


def test_a_homography_that_sends_a_corner_to_infinity_is_infinitely_wrong():
    degenerate = np.array([[1.0, 0, 0], [0, 1, 0], [-1 / 639, 0, 1]])
    assert corner_error(degenerate, np.eye(3), (480, 640)) > 1e6
