import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.evaluation.detectors.unit_features import top_features, unit_bits, unit_rows


def test_unit_rows_by_hand():
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(np.array([[0.6, 0.8], [0.0, 0.0]]))


@given(st.integers(0, 1000))
def test_distance_of_unit_bits_grows_with_the_hamming_distance(seed):
    bits = np.random.default_rng(seed).integers(0, 256, (2, 32), np.uint8)
    hamming = int(np.unpackbits(bits[0] ^ bits[1]).sum())
    unit = unit_bits(bits)
    assert np.linalg.norm(unit, axis=1) == pytest.approx(1.0)
    assert np.linalg.norm(unit[0] - unit[1]) == pytest.approx(2 * np.sqrt(hamming / 256), abs=1e-6)


def test_the_strongest_come_first_and_ties_keep_their_order():
    xy, descriptors = np.arange(8.0).reshape(4, 2), np.eye(4, dtype=np.float32)
    features = top_features(xy, np.array([1.0, 5.0, 1.0, 3.0]), descriptors, (10, 20), 3)
    assert features.score.tolist() == [5.0, 3.0, 1.0]
    assert features.xy.tolist() == [[2, 3], [6, 7], [0, 1]]
    assert features.descriptors.argmax(axis=1).tolist() == [1, 3, 0]
    assert features.image_size == (10, 20)


def test_no_points_at_all():
    features = top_features(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 8), np.float32), (10, 20), 3)
    assert features.xy.shape == (0, 2)
