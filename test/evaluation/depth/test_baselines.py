import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from superpoint_ros.evaluation.depth.baselines import FILLS, fill_linear, fill_nearest

IMAGE = np.zeros((12, 16), np.uint8)


def test_nearest_by_hand():
    sparse = np.zeros((12, 16), np.float32)
    sparse[0, 0], sparse[0, 10] = 1.0, 2.0
    filled = fill_nearest(IMAGE, sparse)
    assert filled[0, 4] == 1.0
    assert filled[0, 6] == 2.0
    assert filled[11, 0] == 1.0


def test_linear_is_exact_on_a_plane_inside_the_hull():
    rows, columns = np.indices((12, 16))
    plane = (2.0 + 0.1 * rows + 0.05 * columns).astype(np.float32)
    sparse = np.zeros_like(plane)
    for row, column in ((0, 0), (0, 15), (11, 0), (11, 15), (5, 7)):
        sparse[row, column] = plane[row, column]
    assert fill_linear(IMAGE, sparse) == pytest.approx(plane, abs=1e-5)


@pytest.mark.parametrize("pixels", [[], [(3, 4)], [(3, 4), (3, 9)], [(3, 4), (3, 9), (3, 12), (3, 14)]])
def test_few_samples_or_samples_on_a_line(pixels: list[tuple[int, int]]):
    sparse = np.zeros((12, 16), np.float32)
    for row, column in pixels:
        sparse[row, column] = 2.0
    expected = 2.0 if pixels else 0.0
    for fill in FILLS.values():
        assert (fill(IMAGE, sparse) == expected).all()


SPARSE = arrays.arrays(np.float32, (12, 16), elements=st.one_of(st.just(0.0), st.floats(0.5, 9.0, width=32)))


@settings(max_examples=30, deadline=None)
@given(SPARSE)
def test_fills_keep_the_samples_and_their_range(sparse):
    known = sparse > 0
    for fill in FILLS.values():
        filled = fill(IMAGE, sparse)
        assert filled.dtype == np.float32
        assert filled[known] == pytest.approx(sparse[known], rel=1e-5)
        if known.any():
            assert filled.min() >= sparse[known].min() * (1 - 1e-5)
            assert filled.max() <= sparse[known].max() * (1 + 1e-5)
