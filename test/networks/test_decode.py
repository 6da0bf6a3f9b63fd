import numpy as np
import pytest
import torch
from helpers import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from superpoint_ros.core.decode_options import FIRST_CELL_CENTER, ResolvedDecodeOptions
from superpoint_ros.networks.decode import (
    decode,
    heatmap,
    non_maximum_suppression,
    rank_map,
    sample_descriptors,
    select_keypoints,
)

# Few distinct values, so that ties are the rule.
tied_scores = npst.arrays(
    np.float32, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9])
)


def selected(scores: np.ndarray, **options) -> list[tuple[int, int]]:
    ((xy, score),) = select_keypoints(torch.from_numpy(scores)[None], ResolvedDecodeOptions(**options))
    assert torch.equal(score, torch.from_numpy(scores)[xy[:, 1].long(), xy[:, 0].long()])
    return [(int(x), int(y)) for x, y in xy]


def test_heatmap_agrees_with_the_plain_definition():
    logits = torch.randn(2, 65, 3, 4, generator=torch.Generator().manual_seed(0)) * 4
    for got, one in zip(heatmap(logits), logits, strict=True):
        np.testing.assert_allclose(got.numpy(), reference.heatmap(one.numpy()), atol=1e-6)


def test_a_channel_is_a_pixel_of_its_cell():
    logits = torch.full((1, 65, 2, 3), -20.0)
    logits[0, 8 * 5 + 2, 1, 2] = 20.0
    assert torch.nonzero(heatmap(logits)[0] > 0.5).tolist() == [[8 + 5, 16 + 2]]


@settings(max_examples=150, deadline=None)
@given(tied_scores, st.integers(0, 5), st.sampled_from([0.05, 0.2, 0.6]))
def test_suppression_is_exactly_the_greedy_one(scores, radius, threshold):
    got = selected(scores, nms_radius=radius, detection_threshold=threshold, remove_borders=0, max_keypoints=None)
    assert got == reference.greedy(scores, threshold, radius)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_suppression_is_exactly_the_greedy_one_on_smooth_scores(seed, radius):
    """Smooth slopes make long chains, in which one suppression hangs on another."""
    coarse = torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(seed))
    scores = torch.nn.functional.interpolate(coarse, size=(30, 34), mode="bilinear")[0, 0].numpy()
    got = selected(scores, nms_radius=radius, detection_threshold=0.1, remove_borders=0, max_keypoints=None)
    assert got == reference.greedy(scores, 0.1, radius)


def test_images_of_a_batch_do_not_touch_each_other():
    scores = torch.rand(3, 20, 24, generator=torch.Generator().manual_seed(1))
    options = ResolvedDecodeOptions(detection_threshold=0.2, nms_radius=3, remove_borders=2)
    together = select_keypoints(scores, options)
    for one, (xy, score) in zip(scores, together, strict=True):
        ((alone_xy, alone_score),) = select_keypoints(one[None], options)
        assert torch.equal(xy, alone_xy)
        assert torch.equal(score, alone_score)


def test_the_border_is_cleared_after_suppression():
    scores = np.zeros((20, 20), np.float32)
    scores[3, 10], scores[6, 10] = 0.9, 0.5
    assert selected(scores, remove_borders=4) == []
    assert selected(scores, remove_borders=3) == [(10, 3)]


@given(st.integers(0, 12))
def test_no_keypoint_in_the_border(border):
    scores = np.random.default_rng(border).uniform(0.1, 1, (16, 20)).astype(np.float32)
    got = selected(scores, nms_radius=0, remove_borders=border, max_keypoints=None)
    assert len(got) == max(0, 16 - 2 * border) * max(0, 20 - 2 * border)
    assert got == reference.without_border(got, (16, 20), border)


def test_top_k_is_the_strongest():
    scores = np.random.default_rng(0).permutation(400).reshape(20, 20).astype(np.float32) / 400
    everything = selected(scores, nms_radius=0, remove_borders=0, max_keypoints=None)
    assert selected(scores, nms_radius=0, remove_borders=0, max_keypoints=7) == everything[:7]
    assert [float(scores[y, x]) for x, y in everything] == sorted((scores[scores >= 0.015]).tolist(), reverse=True)


def test_a_grid_spreads_the_keypoints():
    scores = np.full((40, 40), 0.02, np.float32)
    scores[:20, :20] += np.random.default_rng(0).uniform(0.5, 0.9, (20, 20)).astype(np.float32)
    alone = selected(scores, nms_radius=1, remove_borders=0, max_keypoints=16)
    spread = selected(scores, nms_radius=1, remove_borders=0, max_keypoints=16, grid_rows=2, grid_columns=2)
    cells = [(x // 20, y // 20) for x, y in spread]
    assert all(x < 20 and y < 20 for x, y in alone)
    assert sorted(cells) == sorted([(0, 0), (0, 1), (1, 0), (1, 1)] * 4)
    strengths = [float(scores[y, x]) for x, y in spread]
    assert strengths == sorted(strengths, reverse=True)
    assert spread[0] == alone[0]


def test_a_grid_with_empty_cells_still_gives_as_many():
    scores = np.zeros((40, 40), np.float32)
    scores[:20, :20] = np.random.default_rng(0).uniform(0.5, 0.9, (20, 20))
    assert len(selected(scores, nms_radius=1, remove_borders=0, max_keypoints=16, grid_rows=4, grid_columns=4)) == 16


def test_a_flat_heat_map_gives_a_regular_lattice():
    assert selected(np.full((9, 9), 0.5, np.float32), nms_radius=3, remove_borders=0) == [
        (x, y) for y in (0, 4, 8) for x in (0, 4, 8)
    ]


def test_ranks_are_distinct_and_follow_the_scores():
    scores = torch.tensor([[[0.2, 0.9], [0.2, 0.0]]])
    assert rank_map(scores, 0.1).tolist() == [[[2, 3], [1, 0]]]


def test_suppression_without_candidates():
    assert not non_maximum_suppression(torch.zeros(2, 5, 5, dtype=torch.int32), 4).any()


@pytest.mark.parametrize("sampling", FIRST_CELL_CENTER)
def test_sampling_agrees_with_the_plain_definition(sampling):
    generator = torch.Generator().manual_seed(2)
    dense = torch.randn(16, 5, 7, generator=generator)
    xy = torch.rand(40, 2, generator=generator) * torch.tensor([55.0, 39.0])
    got = sample_descriptors(dense, xy, sampling).numpy()
    for row, (x, y) in zip(got, xy.tolist(), strict=True):
        np.testing.assert_allclose(row, reference.sample(dense.numpy(), x, y, FIRST_CELL_CENTER[sampling]), atol=2e-5)


def test_the_center_of_a_cell_has_the_cell_s_own_descriptor():
    dense = torch.nn.functional.normalize(torch.randn(8, 3, 4, generator=torch.Generator().manual_seed(0)), dim=0)
    got = sample_descriptors(dense, torch.tensor([[8 * 2 + 3.5, 8 * 1 + 3.5]]), "exact")
    torch.testing.assert_close(got[0], dense[:, 1, 2])


@pytest.mark.parametrize("size", [(24, 32), (17, 25), (23, 26)])
def test_decoding_agrees_with_the_plain_one_and_leaves_the_padding_alone(size):
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(1, 65, 3, 4, generator=generator) * 3
    dense = torch.nn.functional.normalize(torch.randn(1, 32, 3, 4, generator=generator), dim=1)
    options = ResolvedDecodeOptions(detection_threshold=0.05, nms_radius=2, remove_borders=2)
    ((xy, score, descriptors),) = decode(logits, dense, size, options)
    heat = reference.heatmap(logits[0].numpy()).astype(np.float32)[: size[0], : size[1]]
    expected = reference.without_border(reference.greedy(heat, 0.05, 2), size, 2)
    assert [(int(x), int(y)) for x, y in xy] == expected
    assert len(expected) > 5
    np.testing.assert_allclose(score, [heat[y, x] for x, y in expected], atol=1e-6)
    for row, (x, y) in zip(descriptors.numpy(), expected, strict=True):
        np.testing.assert_allclose(row, reference.sample(dense[0].numpy(), x, y, 3.5), atol=2e-5)


def test_subpixel_moves_a_keypoint_to_the_center_of_mass_and_samples_there():
    logits = torch.full((1, 65, 3, 4), -20.0)
    logits[:, 64] = 0.0
    logits[0, 8 * 3 + 2, 1, 1] = logits[0, 8 * 3 + 3, 1, 1] = 10.0
    dense = torch.nn.functional.normalize(torch.randn(1, 16, 3, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    options = ResolvedDecodeOptions(detection_threshold=0.1, remove_borders=0, subpixel=True)
    ((xy, _, descriptors),) = decode(logits, dense, (24, 32), options)
    np.testing.assert_allclose(xy, [[8 + 2.5, 8 + 3]], atol=1e-3)
    np.testing.assert_allclose(descriptors[0], reference.sample(dense[0].numpy(), 10.5, 11.0, 3.5), atol=1e-3)
