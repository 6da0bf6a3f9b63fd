import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.selection import bucket, select_top_k

SIZE = (40, 60)


def points(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform((-0.4, -0.4), (59.4, 39.4), (count, 2))


def test_the_cells_of_a_grid_take_turns():
    xy = np.array([[5, 5], [6, 6], [7, 7], [50, 5], [51, 5], [5, 35]])
    assert bucket(xy, SIZE, (2, 2)).tolist() == [0, 3, 5, 1, 4, 2]


def test_a_cell_ends_where_the_pixel_of_the_next_begins():
    xy = np.array([[29.4, 0.0], [-0.4, 0.0], [29.6, 0.0], [59.4, 0.0]])
    assert bucket(xy, SIZE, (1, 2)).tolist() == [0, 2, 1, 3]


def test_without_a_grid_the_first_are_kept():
    assert select_top_k(points(0, 9), SIZE, DecodeOptions(max_keypoints=4)).tolist() == [0, 1, 2, 3]


def test_zero_keeps_all_and_so_does_a_grid_with_room():
    assert select_top_k(
        points(0, 9), SIZE, DecodeOptions(max_keypoints=None, grid_rows=3, grid_columns=3)
    ).tolist() == list(range(9))
    assert select_top_k(
        points(0, 9), SIZE, DecodeOptions(max_keypoints=9, grid_rows=3, grid_columns=3)
    ).tolist() == list(range(9))
    assert select_top_k(np.zeros((0, 2)), SIZE, DecodeOptions(grid_rows=3, grid_columns=3)).tolist() == []


@given(st.integers(0, 100), st.integers(1, 60), st.integers(1, 30), st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_no_cell_keeps_more_than_another_that_still_has_some(seed, number, count, grid):
    xy = points(seed, number)
    kept = select_top_k(xy, SIZE, DecodeOptions(max_keypoints=count, grid_rows=grid[0], grid_columns=grid[1]))
    assert len(kept) == min(number, count)
    assert np.all(np.diff(kept) > 0)
    cells = [(int(round(y) * grid[0] // SIZE[0]), int(round(x) * grid[1] // SIZE[1])) for x, y in xy]
    most = max(sum(cells[row] == cell for row in kept) for cell in cells)
    for cell in set(cells):
        rows = [row for row in range(number) if cells[row] == cell]
        mine = [row for row in rows if row in kept]
        assert mine == rows[: len(mine)]
        assert len(mine) in (len(rows), most, most - 1)


def test_a_point_half_a_pixel_off_the_image_is_in_the_last_cell():
    xy = np.array([[59.4, 5.0], [59.5, 6.0], [0.0, 35.0]])
    assert bucket(xy, SIZE, (2, 2)).tolist() == [0, 2, 1]
    xy = np.array([[5.0, 39.4], [5.0, 39.5], [5.0, 0.0], [5.0, -0.6]])
    assert bucket(xy, SIZE, (2, 1)).tolist() == [0, 2, 1, 3]
    assert bucket(np.array([[0.0, 0.0], [-0.6, -0.6], [1.0, 1.0]]), (2, 2), (2, 2)).tolist() == [0, 2, 1]
    for last in ([1.0, 0.0], [0.0, 1.0]):
        assert bucket(np.array([[0.0, 0.0], [0.0, 0.0], last]), (2, 2), (2, 2)).tolist() == [0, 2, 1]


def test_a_grid_of_more_rows_than_columns_has_a_cell_for_each_pair():
    xy = np.array([[5.0, 25.0], [45.0, 5.0], [5.0, 26.0], [45.0, 6.0]])  # rows 2 and 0, columns 0 and 1 of 4 x 2
    assert bucket(xy, SIZE, (4, 2)).tolist() == [0, 1, 2, 3]
    assert bucket(xy[[0, 2, 1]], SIZE, (4, 2)).tolist() == [0, 2, 1]
