import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation.sequences.track_metrics import Track, collect_tracks, link_pairs, track_lengths


def tracks(ids: list[int], xy: list[tuple[float, float]], epoch: int = 0) -> Tracks:
    count = len(ids)
    unknown = np.full(count, np.nan, np.float32)
    return Tracks(
        epoch=epoch,
        id=np.array(ids, np.int64),
        age=np.ones(count, np.int32),
        xy=np.array(xy, np.float32).reshape(count, 2),
        previous_xy=np.full((count, 2), np.nan, np.float32),
        distance=unknown,
        mean_distance=unknown,
        status=np.zeros(count, np.uint8),
        lost_id=np.zeros(0, np.int64),
    )


def track(frames: list[int]) -> Track:
    return Track(np.array(frames), np.array([[10.0 * frame, 5.0] for frame in frames], np.float32).reshape(-1, 2))


def test_tracks_are_collected_across_a_gap():
    frames = [tracks([7, 8], [(1, 1), (2, 2)]), tracks([8], [(3, 2)]), tracks([9, 7], [(5, 5), (1, 3)])]
    first, second, third = collect_tracks(frames)
    assert first.frame.tolist() == [0, 2]
    assert first.xy.tolist() == [[1, 1], [1, 3]]
    assert second.frame.tolist() == [0, 1]
    assert third.frame.tolist() == [2]


def test_ids_of_two_epochs_are_two_tracks():
    assert len(collect_tracks([tracks([1], [(0, 0)], epoch=0), tracks([1], [(0, 0)], epoch=1)])) == 2


def test_images_without_tracks_are_fine():
    assert collect_tracks([tracks([], []), tracks([], [])]) == []


def test_lengths_by_hand():
    lengths = track_lengths([track([0, 1, 2]), track([3]), track([1, 2]), track([0])])
    assert (lengths.mean, lengths.longest, lengths.tracks) == (2.5, 3, 2)
    assert lengths.points == pytest.approx(5 / 7)


def test_no_tracks_have_no_length():
    assert track_lengths([track([0]), track([1])]).mean == 0.0
    assert track_lengths([]).points == 0.0


def test_perfect_tracks_hold_every_point():
    lengths = track_lengths([track(list(range(9)))] * 4)
    assert (lengths.mean, lengths.points) == (9.0, 1.0)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(0, 100))
def test_lengths_ignore_the_order_of_tracks(lengths, seed):
    some = [track(list(range(length))) for length in lengths]
    order = np.random.default_rng(seed).permutation(len(some))
    assert track_lengths(some) == track_lengths([some[index] for index in order])


def test_pairs_by_hand():
    some = [track([0, 2, 3]), track([5])]
    frame0, xy0, frame1, xy1 = link_pairs(some, from_first=False)
    assert frame0.tolist() == [0, 2]
    assert frame1.tolist() == [2, 3]
    assert xy0.tolist() == [[0, 5], [20, 5]]
    assert xy1.tolist() == [[20, 5], [30, 5]]
    frame0, xy0, frame1, _ = link_pairs(some, from_first=True)
    assert frame0.tolist() == [0, 0]
    assert frame1.tolist() == [2, 3]
    assert xy0.tolist() == [[0, 5], [0, 5]]


def test_no_pairs_from_nothing():
    frame0, xy0, frame1, xy1 = link_pairs([track([0])], from_first=True)
    assert len(frame0) == len(frame1) == 0
    assert xy0.shape == xy1.shape == (0, 2)
