import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.training.labels import NO_CORNER, cell_labels

SIZE = (24, 32)


def label(corners: list[list[float]], seed: int = 0) -> np.ndarray:
    return cell_labels(np.array(corners), SIZE, np.random.default_rng(seed))


def test_no_corner_anywhere():
    assert np.all(cell_labels(np.zeros((0, 2)), SIZE, np.random.default_rng(0)) == NO_CORNER)


def test_by_hand():
    labels = label([[8.0, 0.0], [15.4, 9.6]])
    assert labels.shape == (3, 4)
    assert labels[0, 1] == 0
    assert labels[1, 1] == 2 * 8 + 7
    assert np.sum(labels != NO_CORNER) == 2


@pytest.mark.parametrize(("x", "column", "dx"), [(7.49, 0, 7), (7.5, 1, 0), (-0.5, 0, 0), (31.49, 3, 7)])
def test_the_nearest_pixel_is_meant(x, column, dx):
    assert label([[x, 3.0]])[0, column] == 3 * 8 + dx


@pytest.mark.parametrize("corner", [[-0.51, 3.0], [31.5, 3.0], [4.0, 23.5], [4.0, -0.6], [np.nan, 3.0]])
def test_outside_the_image_is_left_out(corner):
    with np.errstate(invalid="ignore"):
        assert np.all(label([corner]) == NO_CORNER)


def test_of_two_in_a_cell_either_is_drawn():
    seen = {int(label([[1.0, 0.0], [2.0, 0.0]], seed)[0, 0]) for seed in range(20)}
    assert seen == {1, 2}


@given(st.integers(0, 31), st.integers(0, 23))
def test_a_label_is_where_decoding_puts_it(x, y):
    labels = label([[x, y]])
    row, column = np.argwhere(labels != NO_CORNER)[0]
    dy, dx = divmod(int(labels[row, column]), 8)
    assert (column * 8 + dx, row * 8 + dy) == (x, y)
