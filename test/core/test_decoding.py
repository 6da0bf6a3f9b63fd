import numpy as np
import pytest
from helpers import reference
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from superpoint_ros.core.decode_options import FIRST_CELL_CENTER, ResolvedDecodeOptions
from superpoint_ros.core.decoding import (
    decode,
    find_keypoints,
    refine_keypoints,
    sample_descriptors,
    unfold_cells,
)

# Few distinct values, so that ties are the rule.
tied_scores = npst.arrays(
    np.float32, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9])
)


def found(scores: np.ndarray, threshold: float, radius: int) -> list[tuple[int, int]]:
    row, column = np.divmod(find_keypoints(scores, threshold=threshold, radius=radius), scores.shape[1])
    return list(zip(column.tolist(), row.tolist(), strict=True))


def test_a_channel_is_a_pixel_of_its_cell():
    probability = np.zeros((65, 2, 3), np.float32)
    probability[8 * 5 + 2, 1, 2] = 1.0
    probability[64] = 0.7
    assert np.argwhere(unfold_cells(probability)).tolist() == [[8 + 5, 16 + 2]]


@settings(max_examples=300)
@given(tied_scores, st.integers(0, 5), st.sampled_from([0.0, 0.05, 0.2, 0.6]))
@example(np.float32([[0.1] * 6 + [0.0] * 3]), 2, 0.0)  # pixel 8 is a maximum; pixel 6, its equal, comes first
@example(np.float32([[0, 0, 0.1, 0.2, 0.2, 0.3], [0.1, 0, 0, 0, 0, 0]]), 2, 0.05)  # the same, to the upper right
def test_suppression_is_exactly_the_greedy_one(scores, radius, threshold):
    assert found(scores, threshold, radius) == reference.greedy(scores, threshold, radius)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_suppression_is_exactly_the_greedy_one_on_slopes(seed, radius):
    """Slopes make long chains, in which one suppression hangs on another."""
    coarse = np.random.default_rng(seed).random((4, 4), np.float32)
    scores = np.kron(coarse, np.ones((8, 8), np.float32)) + np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
    assert found(scores, 0.1, radius) == reference.greedy(scores, 0.1, radius)


def test_nothing_is_found_below_the_threshold():
    assert found(np.full((20, 30), 0.1, np.float32), 0.2, 4) == []


@pytest.mark.parametrize("sampling", FIRST_CELL_CENTER)
@given(st.lists(st.tuples(st.floats(0, 39), st.floats(0, 31)), max_size=8))
def test_descriptors_agree_with_the_plain_definition(sampling, points):
    dense = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
    xy = np.array(points, np.float32).reshape(-1, 2)
    got = sample_descriptors(dense, xy, sampling)
    assert got.shape == (len(xy), 6)
    for row, (x, y) in zip(got, xy.tolist(), strict=True):
        expected = reference.sample(dense.transpose(2, 0, 1), x, y, FIRST_CELL_CENTER[sampling])
        np.testing.assert_allclose(row, expected, atol=2e-5)


def test_refinement_by_hand():
    scores = np.zeros((9, 9), np.float32)
    scores[4, 4], scores[4, 5], scores[2, 4] = 0.5, 0.25, 0.25
    np.testing.assert_allclose(refine_keypoints(scores, np.array([[4.0, 4.0]])), [[4.25, 3.5]])
    np.testing.assert_allclose(refine_keypoints(scores, np.array([[4.0, 4.0]]), radius=1), [[4 + 1 / 3, 4.0]])


def test_refinement_at_the_corner_stays_finite_and_near():
    refined = refine_keypoints(np.zeros((9, 9), np.float32), np.array([[0.0, 0.0], [8.0, 8.0]]))
    np.testing.assert_array_equal(refined, [[0, 0], [8, 8]])


@settings(max_examples=40)
@given(
    st.integers(0, 1000),
    st.tuples(st.integers(9, 40), st.integers(9, 48)),
    st.integers(0, 4),
    st.sampled_from([None, 7, 1000]),
    st.booleans(),
)
def test_both_decoders_agree(seed, image_size, radius, max_keypoints, subpixel):
    torch = pytest.importorskip("torch", reason="the extra [torch] brings PyTorch")
    from superpoint_ros.networks.decode import decode as decode_on_device

    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 65, 5, 6, generator=generator) * 3
    dense = torch.nn.functional.normalize(torch.randn(1, 16, 5, 6, generator=generator), dim=1)
    options = ResolvedDecodeOptions(nms_radius=radius, remove_borders=2, max_keypoints=max_keypoints, subpixel=subpixel)
    ((xy, score, descriptors),) = decode_on_device(logits, dense, image_size, options)
    probability = torch.softmax(logits, dim=1)[0].numpy()
    got = decode(probability, np.ascontiguousarray(dense[0].permute(1, 2, 0).numpy()), image_size, options)
    np.testing.assert_allclose(got[0], xy.numpy(), atol=1e-4)
    np.testing.assert_array_equal(got[1], score.numpy())
    np.testing.assert_allclose(got[2], descriptors.numpy(), atol=1e-5)
