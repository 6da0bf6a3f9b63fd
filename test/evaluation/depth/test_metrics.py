import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import ImageError
from superpoint_ros.evaluation.depth.metrics import depth_scores, depth_scores_by_range, near_edges


def random_depth(seed: int, shape: tuple[int, int] = (12, 16)) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 20.0, shape)


def test_scores_by_hand():
    predicted, measured = np.array([[1.0, 3.0, 4.0]]), np.array([[2.0, 3.0, 2.5]])
    scores = depth_scores(predicted, measured)
    assert scores.rmse == pytest.approx(np.sqrt((1 + 0 + 2.25) / 3))
    assert scores.mae == pytest.approx(2.5 / 3)
    assert scores.absolute_relative == pytest.approx((0.5 + 0 + 0.6) / 3)
    assert scores.inverse_rmse == pytest.approx(1000 * np.sqrt((0.5**2 + 0 + 0.15**2) / 3))
    assert (scores.delta1, scores.delta2, scores.delta3) == pytest.approx((1 / 3, 1 / 3, 2 / 3))  # ratios 2, 1, 1.6
    assert scores.coverage == 1.0
    assert scores.pixels == 3


def test_errors_near_edges_are_given_apart():
    measured = np.full((20, 40), 2.0)
    measured[:, 20:] = 3.0
    measured[0, 0] = 0.0
    near = near_edges(measured)
    assert np.flatnonzero(near[5]).tolist() == list(range(14, 26))
    predicted = np.where(near, 1.1 * measured, measured)
    scores = depth_scores(predicted, measured)
    assert scores.absolute_relative_edges == pytest.approx(0.1)
    assert scores.absolute_relative == pytest.approx(0.1 * near.sum() / 799)
    assert np.isnan(depth_scores(np.ones((9, 9)), np.ones((9, 9))).absolute_relative_edges)


@given(st.integers(0, 1000))
def test_edges_are_those_that_training_knows(seed):
    torch = pytest.importorskip("torch", reason="the extra [torch] brings PyTorch")
    from superpoint_ros.training.losses import near_depth_edges

    depth = random_depth(seed, (30, 40)).astype(np.float32)
    depth = np.where(depth < 15.0, np.float32(4.0), depth)
    depth[depth > 19.0] = np.nan
    log_depth = torch.from_numpy(np.log(depth))[None, None]
    np.testing.assert_array_equal(near_depth_edges(log_depth)[0, 0].bool().numpy(), near_edges(depth))


def test_the_truth_scores_perfectly():
    depth = random_depth(0)
    scores = depth_scores(depth, depth)
    assert (scores.rmse, scores.mae, scores.absolute_relative, scores.inverse_rmse) == (0, 0, 0, 0)
    assert (scores.delta1, scores.delta2, scores.delta3, scores.coverage) == (1, 1, 1, 1)


@pytest.mark.parametrize("hole", [0.0, np.nan, np.inf, -1.0])
def test_holes_on_either_side_are_not_compared(hole):
    measured, predicted = random_depth(0), random_depth(0) + 1.0
    measured[0], predicted[1] = hole, hole
    scores = depth_scores(predicted, measured)
    assert scores.pixels == 10 * 16
    assert scores.mae == pytest.approx(1.0)
    assert scores.coverage == pytest.approx(10 / 11)


def test_nothing_to_compare_is_not_a_number():
    scores = depth_scores(np.ones((2, 2)), np.zeros((2, 2)))
    assert np.isnan(scores.rmse)
    assert np.isnan(scores.coverage)
    assert scores.pixels == 0


def test_different_shapes_are_refused():
    with pytest.raises(ImageError, match=r"\(2, 3\).*\(2, 2\)"):
        depth_scores(np.ones((2, 3)), np.ones((2, 2)))


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_relative_scores_ignore_the_unit_and_absolute_ones_follow_it(seed, scale):
    predicted, measured = random_depth(seed), random_depth(seed + 1)
    one, other = depth_scores(predicted, measured), depth_scores(predicted * scale, measured * scale)
    assert other.absolute_relative == pytest.approx(one.absolute_relative)
    assert other.delta2 == pytest.approx(one.delta2)
    assert other.rmse == pytest.approx(scale * one.rmse)
    assert other.inverse_rmse == pytest.approx(one.inverse_rmse / scale)


@given(st.integers(0, 1000))
def test_delta_and_absolute_errors_are_symmetric(seed):
    one = depth_scores(random_depth(seed), random_depth(seed + 1))
    other = depth_scores(random_depth(seed + 1), random_depth(seed))
    assert (other.rmse, other.mae, other.delta1) == pytest.approx((one.rmse, one.mae, one.delta1))


def test_random_ratios_fall_within_delta_at_chance():
    ratios = np.exp(np.random.default_rng(0).uniform(-1, 1, (200, 200)))
    scores = depth_scores(ratios, np.ones_like(ratios))
    assert scores.delta1 == pytest.approx(np.log(1.25), abs=0.01)
    assert scores.delta3 == pytest.approx(3 * np.log(1.25), abs=0.01)


def test_ranges_by_hand():
    measured = np.array([[1.0, 2.0, 5.0, 9.0]])
    by_range = depth_scores_by_range(measured * 1.1, measured, [0, 2, 6, 8])
    assert {key: scores.pixels for key, scores in by_range.items()} == {(0, 2): 2, (2, 6): 1, (6, 8): 0}
    assert by_range[(0, 2)].mae == pytest.approx(0.15)
    assert by_range[(2, 6)].absolute_relative == pytest.approx(0.1)


def test_ranges_add_up_to_the_whole():
    predicted, measured = random_depth(4), random_depth(5)
    whole, parts = depth_scores(predicted, measured), depth_scores_by_range(predicted, measured, [0, 3, 11, 20])
    assert sum(part.pixels for part in parts.values()) == whole.pixels
    assert sum(part.pixels * part.rmse**2 for part in parts.values()) == pytest.approx(whole.pixels * whole.rmse**2)
