import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import STATUS_NEW, STATUS_TRACKED, Features

SIZE = (480, 640)
rng = np.random.default_rng(0)
LANDMARKS = rng.standard_normal((60, 64)).astype(np.float32)
LANDMARKS /= np.linalg.norm(LANDMARKS, axis=1, keepdims=True)
PLACES = rng.uniform(50, 400, (60, 2)).astype(np.float32)


def seen(landmarks, shift=(0.0, 0.0)) -> Features:
    """An image in which these landmarks are found, moved by a shift."""
    landmarks = np.asarray(landmarks, int)
    score = np.linspace(1, 0.5, len(landmarks), dtype=np.float32)
    return Features(PLACES[landmarks] + np.float32(shift), score, LANDMARKS[landmarks], SIZE)


def test_ids_last_and_age_counts():
    tracker = Tracker()
    first = tracker.update(seen([0, 1, 2]))
    second = tracker.update(seen([2, 0, 3], shift=(4, 0)))
    assert first.id.tolist() == [0, 1, 2]
    assert second.id.tolist() == [2, 0, 3]
    assert second.age.tolist() == [2, 2, 1]
    assert second.status.tolist() == [STATUS_TRACKED, STATUS_TRACKED, STATUS_NEW]
    np.testing.assert_array_equal(second.previous_xy[:2], PLACES[[2, 0]])
    assert np.isnan(second.previous_xy[2]).all()
    assert np.isnan(second.distance[2])
    assert second.id.dtype == np.int64


def test_a_track_survives_being_unseen_up_to_max_missed_frames():
    tracker = Tracker(TrackerOptions(max_missed_frames=2))
    tracker.update(seen([0, 1]))
    for _ in range(2):
        assert tracker.update(seen([1])).lost_id.tolist() == []
    assert tracker.update(seen([0, 1])).id.tolist() == [0, 1]


def test_a_track_unseen_for_longer_is_lost_and_its_id_is_not_reused():
    tracker = Tracker(TrackerOptions(max_missed_frames=2))
    tracker.update(seen([0, 1]))
    lost = [tracker.update(seen([1])).lost_id.tolist() for _ in range(4)]
    assert lost == [[], [], [0], []]
    assert tracker.update(seen([0, 1])).id.tolist() == [2, 1]


def test_without_patience_it_is_the_released_tracker():
    tracker = Tracker(TrackerOptions(max_missed_frames=0))
    tracker.update(seen([0, 1]))
    assert tracker.update(seen([1])).lost_id.tolist() == [0]
    assert tracker.update(seen([0, 1])).id.tolist() == [2, 1]


def test_of_too_many_unseen_tracks_those_unseen_for_longest_are_given_up(monkeypatch):
    monkeypatch.setattr("superpoint_ros.core.tracker.MAX_UNSEEN", 4)
    tracker = Tracker(TrackerOptions(max_missed_frames=1000))
    lost = [tracker.update(seen(range(3 * i, 3 * i + 3))).lost_id.tolist() for i in range(4)]
    assert lost == [[], [], [1, 2], [0, 4, 5]]


def test_tracks_are_the_same_once_descriptors_are_screened(monkeypatch):
    """The third image is the first with enough keypoints to find directions, by which the memory is screened too."""
    generator = np.random.default_rng(1)
    near = generator.standard_normal((300, 24)) @ generator.standard_normal((24, 256))
    near = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    shown = [generator.permutation(300)[:count] for count in (100, 150, 280, 260, 290)]
    images = [Features(np.zeros((len(rows), 2), np.float32), np.ones(len(rows)), near[rows], SIZE) for rows in shown]
    screened = Tracker()
    tracks = [screened.update(image) for image in images]
    assert screened._directions is not None
    monkeypatch.setattr("superpoint_ros.core.matching.SCREEN_LEAST", 10**9)
    plain = Tracker()
    for image, one in zip(images, tracks, strict=True):
        other = plain.update(image)
        assert one.id.tolist() == other.id.tolist()
        assert one.lost_id.tolist() == other.lost_id.tolist()
        np.testing.assert_allclose(one.distance**2, other.distance**2, atol=1e-5)
    assert plain._directions is None


def test_descriptors_of_another_size_are_named_whether_or_not_they_tell_directions():
    generator = np.random.default_rng(2)
    for counts in ((2, 3), (2, 300), (300, 2), (300, 300)):
        tracker = Tracker()
        images = [
            Features(
                np.zeros((count, 2), np.float32), np.ones(count), generator.random((count, size), np.float32), SIZE
            )
            for count, size in zip(counts, (64, 256), strict=True)
        ]
        tracker.update(images[0])
        with pytest.raises(ValueError, match="cannot be compared"):
            tracker.update(images[1])


@pytest.mark.parametrize("max_missed_frames", [0, 2])
def test_images_without_keypoints_kill_nothing(max_missed_frames):
    tracker = Tracker(TrackerOptions(max_missed_frames=max_missed_frames))
    tracker.update(seen([0, 1]))
    for _ in range(5):
        tracks = tracker.update(Features.empty(SIZE, 64))
        assert len(tracks) == len(tracks.lost_id) == 0
    assert tracker.update(seen([1, 0])).id.tolist() == [1, 0]


def test_the_first_image_may_be_empty():
    tracker = Tracker()
    assert len(tracker.update(Features.empty(SIZE, 64))) == 0
    assert tracker.update(seen([4])).id.tolist() == [0]


def test_reset_raises_the_epoch_and_forgets():
    tracker = Tracker()
    tracker.update(seen([0, 1]))
    tracker.reset()
    tracks = tracker.update(seen([0, 1]))
    assert tracks.epoch == 1
    assert tracks.id.tolist() == [2, 3]
    assert tracks.age.tolist() == [1, 1]


def test_mean_distance_is_the_mean_of_the_matches():
    tracker = Tracker(TrackerOptions(max_descriptor_distance=2.0))
    base = np.array([1.0, 0.0], np.float32)
    angles = [0.0, 0.1, 0.4]
    distances = []
    for angle in angles:
        descriptor = np.array([[np.cos(angle), np.sin(angle)]], np.float32)
        tracks = tracker.update(Features(np.zeros((1, 2), np.float32), np.ones(1, np.float32), descriptor, SIZE))
        distances.append(float(np.linalg.norm(descriptor[0] - base)))
        base = descriptor[0]
    assert tracks.distance[0] == pytest.approx(distances[2], abs=1e-3)
    assert tracks.mean_distance[0] == pytest.approx((distances[1] + distances[2]) / 2, abs=1e-3)


def test_the_motion_gate_grows_with_the_images_missed():
    tracker = Tracker(TrackerOptions(max_displacement=10, max_missed_frames=3))
    tracker.update(seen([0, 1]))
    assert tracker.update(seen([0, 1], shift=(9, 0))).id.tolist() == [0, 1]
    assert tracker.update(seen([0, 1], shift=(20, 0))).id.tolist() == [2, 3]
    patient = Tracker(TrackerOptions(max_displacement=10, max_missed_frames=3))
    patient.update(seen([0, 1]))
    patient.update(seen([1]))
    assert patient.update(seen([0], shift=(18, 0))).id.tolist() == [0]


@settings(max_examples=100, deadline=None)
@given(st.integers(-14, 14), st.integers(-14, 14))
@example(6, 8)
@example(-10, 0)
@example(0, -11)
def test_the_motion_gate_is_a_disc_around_the_last_position(right, down):
    tracker = Tracker(TrackerOptions(max_displacement=10))
    at = np.float32([[100, 200]])
    score = np.ones(1, np.float32)
    tracker.update(Features(at, score, LANDMARKS[:1], SIZE))
    tracks = tracker.update(Features(at + np.float32([right, down]), score, LANDMARKS[:1], SIZE))
    assert (tracks.id[0] == 0) == (right**2 + down**2 <= 10**2)


def points_of_a_moving_camera(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of a scene in two images of a camera that moved sideways, the last of them 40 pixels off its line."""
    focal, baseline = 400.0, 0.3
    points = np.random.default_rng(1).uniform([-1, -1, 2], [1, 1, 6], (count, 3))
    xy0 = (points[:, :2] / points[:, 2:] * focal + 240).astype(np.float32)
    xy1 = ((points[:, :2] + [baseline, 0]) / points[:, 2:] * focal + 240).astype(np.float32)
    xy1[-1, 1] += 40
    return xy0, xy1


@pytest.mark.parametrize(("pairs", "dropped"), [(14, False), (15, True)])
def test_the_geometric_check_needs_fifteen_pairs(pairs, dropped):
    tracker = Tracker(TrackerOptions(epipolar_threshold=1.0))
    score = np.ones(pairs, np.float32)
    for xy in points_of_a_moving_camera(pairs):
        tracks = tracker.update(Features(xy, score, LANDMARKS[:pairs], SIZE))
    assert (tracks.status[-1] == STATUS_NEW) == dropped
    assert (tracks.status[:-1] == STATUS_TRACKED).all()


def test_the_geometric_check_drops_a_match_off_its_epipolar_line():
    xy0, xy1 = points_of_a_moving_camera(60)
    score = np.ones(60, np.float32)
    for check, expected in ((None, 59), (2.0, 60)):
        tracker = Tracker(TrackerOptions(epipolar_threshold=check))
        tracker.update(Features(xy0, score, LANDMARKS, SIZE))
        tracks = tracker.update(Features(xy1, score, LANDMARKS, SIZE))
        assert tracks.id[-1] == expected
        assert tracks.status[:-1].all()


def test_the_geometric_check_keeps_a_still_scene():
    tracker = Tracker(TrackerOptions(epipolar_threshold=1.0))
    tracker.update(seen(range(60)))
    assert tracker.update(seen(range(60))).status.all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.integers(0, 59), max_size=20), min_size=1, max_size=12), st.integers(0, 3))
def test_ids_against_a_plain_model(images, max_missed_frames):
    """With perfect descriptors an id is kept while its landmark is missed in at most max_missed_frames images."""
    tracker = Tracker(TrackerOptions(max_missed_frames=max_missed_frames))
    model, next_id = {}, 0
    for image in images:
        landmarks = sorted(image)
        tracks = tracker.update(seen(landmarks) if landmarks else Features.empty(SIZE, 64))
        expected = []
        for landmark in landmarks:
            if landmark not in model:
                model[landmark] = [next_id, 0, 0]
                next_id += 1
            model[landmark][1] += 1
            model[landmark][2] = 0
            expected.append(model[landmark][:2])
        assert [list(pair) for pair in zip(tracks.id.tolist(), tracks.age.tolist(), strict=True)] == expected
        lost = []
        if landmarks:
            for landmark in [one for one in model if one not in image]:
                model[landmark][2] += 1
                if model[landmark][2] > max_missed_frames:
                    lost.append(model.pop(landmark)[0])
        assert tracks.lost_id.tolist() == sorted(lost)


@pytest.mark.parametrize(
    "bad",
    [
        {"max_descriptor_distance": 0.0},
        {"max_descriptor_distance": 2.5},
        {"max_missed_frames": -1},
        {"max_displacement": -1.0},
    ],
)
def test_options_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        TrackerOptions(**bad)
