"""The table of followed tracks: rows, matches, and what is reported."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.track_table import TrackTable
from superpoint_ros.core.types import STATUS_CONFIRMED, STATUS_FOLLOWED, STATUS_NEW


def table(count: int, first_id: int = 10) -> TrackTable:
    xy = np.arange(2 * count, dtype=np.float32).reshape(count, 2)
    return TrackTable.begin(first_id, xy, np.full(count, 0.5), np.eye(count, 8))


def test_new_tracks_are_visible_and_unreported():
    begun = table(3)
    assert begun.id.tolist() == [10, 11, 12]
    assert begun.visible.all()
    assert begun.age.tolist() == begun.missed.tolist() == begun.matches.tolist() == [0, 0, 0]
    assert (begun.status == STATUS_NEW).all()
    assert np.isnan(begun.reported_xy).all()
    assert np.isnan(begun.distance).all()
    assert np.isnan(begun.mean_distance).all()


@given(st.lists(st.integers(0, 30), unique=True, max_size=12), st.lists(st.integers(0, 30), max_size=12))
def test_rows_are_found_by_id(ids, asked):
    rows = table(31, first_id=0).take(np.array(ids, np.int64)).rows_of(np.array(asked, np.int64))
    assert rows.tolist() == [ids.index(one) if one in ids else -1 for one in asked]


def test_tables_are_cut_and_joined():
    begun = table(4)
    joined = begun.take(np.array([False, True, False, True])).append(begun.take(np.array([0])))
    assert joined.id.tolist() == [11, 13, 10]
    np.testing.assert_array_equal(joined.descriptors, begun.descriptors[[1, 3, 0]])


def test_matches_are_counted_and_their_distances_averaged():
    begun = table(3)
    begun.missed[:] = 2
    for distance in (0.2, 0.4, 0.9):
        begun.match(np.array([1]), np.eye(1, 8, 5), np.float32([distance]), STATUS_CONFIRMED)
    assert begun.matches.tolist() == [0, 3, 0]
    assert begun.missed.tolist() == [2, 0, 2]
    assert begun.status.tolist() == [STATUS_NEW, STATUS_CONFIRMED, STATUS_NEW]
    np.testing.assert_allclose(begun.distance[1], 0.9)
    np.testing.assert_allclose(begun.mean_distance[1], 0.5, rtol=1e-6)
    assert begun.descriptors[1].tolist() == np.eye(1, 8, 5)[0].tolist()


def test_a_report_counts_the_visible_and_leaves_the_next_positions_to_flow():
    begun = table(3)
    begun.visible[2] = False
    begun.match(np.array([0]), np.eye(1, 8), np.float32([0.3]), STATUS_CONFIRMED)
    seen = begun.report()
    assert seen.id.tolist() == [10, 11]
    assert seen.age.tolist() == [1, 1]
    assert seen.status.tolist() == [STATUS_CONFIRMED, STATUS_NEW]
    assert np.isnan(seen.reported_xy).all()
    assert begun.age.tolist() == [1, 1, 0]
    assert begun.status.tolist() == [STATUS_FOLLOWED, STATUS_FOLLOWED, STATUS_NEW]
    np.testing.assert_array_equal(begun.reported_xy[:2], begun.xy[:2])
    assert np.isnan(begun.distance).all()
    np.testing.assert_allclose(begun.mean_distance[0], 0.3)


def test_of_the_unseen_those_matched_last_are_within_the_bound():
    tracks = table(5)
    tracks.visible[[0, 2, 3, 4]] = False
    tracks.missed[:] = [3, 9, 1, 3, 2]
    assert tracks.unseen_beyond(3).tolist() == [False, False, False, True, False]
    assert tracks.unseen_beyond(1).tolist() == [True, False, False, True, True]
    assert not tracks.unseen_beyond(4).any()
