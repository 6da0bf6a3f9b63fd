import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.core.types import Features, Matches
from superpoint_ros.evaluation.metrics.descriptors import descriptor_distances, descriptor_scores, match_errors

IDENTITY = np.eye(3)
PERSPECTIVE = np.array([[1.05, 0.08, 4.0], [-0.06, 0.95, 7.0], [2e-4, -1e-4, 1.0]])


def features(xy: np.ndarray, descriptors: np.ndarray) -> Features:
    xy = np.asarray(xy, np.float32)
    return Features(xy, np.ones(len(xy), np.float32), np.asarray(descriptors, np.float32), (240, 320))


def in_one_place(seed: int, count: int, descriptor_size: int = 32) -> Features:
    """Random features in the middle of the image, so that a mild homography keeps them all inside."""
    some = random_features(seed, count, descriptor_size)
    return features(some.xy * 0.6 + [60, 40], some.descriptors)


def unit(angles_in_degrees: list[float]) -> np.ndarray:
    angles = np.radians(angles_in_degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def random_features(seed: int, count: int, descriptor_size: int = 32) -> Features:
    rng = np.random.default_rng(seed)
    descriptors = rng.normal(size=(count, descriptor_size))
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return features(rng.uniform((0, 0), (320, 240), (count, 2)), descriptors)


def test_descriptor_distances_by_hand():
    expected = np.array([[0, 2, 1], [np.sqrt(2), np.sqrt(2), 2 * np.sin(np.radians(15))]])
    assert descriptor_distances(unit([0, 90]), unit([0, 180, 60])) == pytest.approx(expected, abs=1e-3)


def test_match_errors_by_hand():
    shift = np.array([[1.0, 0, 10], [0, 1, 0], [0, 0, 1]])
    first, second = features([[0, 0], [5, 5]], unit([0, 90])), features([[15, 9], [10, 0]], unit([0, 90]))
    matches = Matches(np.array([0, 1]), np.array([1, 0]), np.zeros(2, np.float32))
    assert match_errors(first, second, matches, shift).tolist() == [0.0, 4.0]


def test_scores_by_hand():
    # Points 0 and 1 are found again; 2 has a counterpart but its nearest descriptor is elsewhere.
    first = features([[0, 0], [50, 0], [100, 0]], unit([0, 90, 180]))
    second = features([[0, 1], [50, 1], [100, 1]], unit([30, 95, 80]))
    # Forward, by distance: 1 (5 degrees, right), 0 (30, right), 2 (85, wrong) -> 2/3 of the recall at precision 1.
    # Backward: 1 (5, right), 2 (10, wrong), 0 (30, right) -> 1/3 at precision 1 and 1/3 at precision 2/3.
    scores = descriptor_scores(first, second, IDENTITY, threshold=3.0)
    assert scores.matching_score == pytest.approx(2 / 3)
    assert scores.mean_average_precision == pytest.approx((2 / 3 + 5 / 9) / 2)


def test_perfect_descriptors_score_one():
    first = in_one_place(0, 200)
    order = np.random.default_rng(1).permutation(200)
    second = features(warp_points(first.xy, PERSPECTIVE)[order], first.descriptors[order])
    scores = descriptor_scores(first, second, PERSPECTIVE)
    assert scores.matching_score == 1.0
    assert scores.mean_average_precision == pytest.approx(1.0)


def test_random_descriptors_score_at_chance():
    first = random_features(0, 500)
    second = features(first.xy, random_features(1, 500).descriptors)
    chance = np.mean([np.sum(np.linalg.norm(first.xy - point, axis=1) <= 3.0) / 500 for point in first.xy])
    scores = descriptor_scores(first, second, IDENTITY)
    assert scores.matching_score == pytest.approx(chance, abs=0.01)
    assert scores.mean_average_precision < 0.02


def test_recall_is_against_points_that_have_a_counterpart():
    first = features([[0, 0], [100, 0]], unit([0, 90]))
    second = features([[0, 0], [200, 0]], unit([0, 80]))
    scores = descriptor_scores(first, second, IDENTITY)
    assert scores.matching_score == 0.5
    assert scores.mean_average_precision == 1.0


def test_points_outside_the_shared_region_do_not_count():
    shift = np.array([[1.0, 0, 200], [0, 1, 0], [0, 0, 1]])
    first = features([[10, 10], [150, 10], [200, 10]], unit([0, 60, 90]))  # the last two are outside image 1
    second = features([[210, 10]], unit([0]))
    assert descriptor_scores(first, second, shift).matching_score == 1.0


def test_descriptors_of_the_whole_other_image_compete():
    shift = np.array([[1.0, 0, 200], [0, 1, 0], [0, 0, 1]])
    first = features([[10, 10]], unit([0]))
    second = features([[210, 10], [50, 10]], unit([10, 5]))  # the second is nearer, and outside image 0
    assert descriptor_scores(first, second, shift).matching_score == 0.5


def test_nothing_to_match_scores_zero():
    nothing, something = Features.empty((240, 320), 32), random_features(0, 5)
    for first, second in ((nothing, something), (something, nothing), (nothing, nothing)):
        assert descriptor_scores(first, second, IDENTITY).matching_score == 0.0
        assert descriptor_scores(first, second, IDENTITY).mean_average_precision == 0.0


@given(st.integers(0, 500))
def test_scores_are_the_same_in_both_directions(seed):
    first, second = random_features(seed, 40, 4), random_features(seed + 1, 30, 4)
    forward = descriptor_scores(first, second, PERSPECTIVE, 30.0)
    backward = descriptor_scores(second, first, np.linalg.inv(PERSPECTIVE), 30.0)
    assert backward.matching_score == pytest.approx(forward.matching_score)
    assert backward.mean_average_precision == pytest.approx(forward.mean_average_precision)


@given(st.integers(0, 500))
def test_scores_do_not_change_when_descriptor_space_is_rotated(seed):
    first, second = random_features(seed, 40, 4), random_features(seed + 1, 30, 4)
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    turned = [features(f.xy, f.descriptors @ rotation) for f in (first, second)]
    expected, result = descriptor_scores(first, second, IDENTITY, 30.0), descriptor_scores(*turned, IDENTITY, 30.0)
    assert result.matching_score == pytest.approx(expected.matching_score)
    assert result.mean_average_precision == pytest.approx(expected.mean_average_precision, abs=1e-6)
