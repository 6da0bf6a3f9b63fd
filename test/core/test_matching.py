import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from superpoint_ros.core import matching
from superpoint_ros.core.matching import match, principal_directions, screen


def unit(seed: int, count: int, size: int = 16) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def reference(d0: np.ndarray, d1: np.ndarray, max_descriptor_distance: float) -> set[tuple[int, int]]:
    """Mutual nearest neighbors, pair by pair."""
    distance = [[float(np.linalg.norm(a - b)) for b in d1] for a in d0]
    pairs = set()
    for i, row in enumerate(distance):
        j = int(np.argmin(row))
        if int(np.argmin([other[j] for other in distance])) == i and row[j] < max_descriptor_distance:
            pairs.add((i, j))
    return pairs


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 20), st.floats(0.3, 2.0))
def test_agrees_with_the_plain_definition(seed, count0, count1, max_descriptor_distance):
    d0, d1 = unit(seed, count0), unit(seed + 1, count1)
    matches = match(d0, d1, max_descriptor_distance=max_descriptor_distance)
    assert set(zip(matches.index0.tolist(), matches.index1.tolist(), strict=True)) == reference(
        d0, d1, max_descriptor_distance
    )
    expected = np.linalg.norm(d0[matches.index0] - d1[matches.index1], axis=1)
    np.testing.assert_allclose(matches.distance, expected, atol=1e-3)


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 20))
def test_is_symmetric(seed, count0, count1):
    d0, d1 = unit(seed, count0), unit(seed + 1, count1)
    there, back = match(d0, d1, max_descriptor_distance=None), match(d1, d0, max_descriptor_distance=None)
    assert set(zip(there.index0, there.index1, strict=True)) == set(zip(back.index1, back.index0, strict=True))


def test_a_permutation_is_found_again():
    d0 = unit(3, 50)
    order = np.random.default_rng(0).permutation(50)
    matches = match(d0, d0[order])
    np.testing.assert_array_equal(order[matches.index1], matches.index0)
    assert len(matches) == 50
    assert matches.distance.max() < 1e-3


def test_distance_by_hand():
    matches = match(np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32), max_descriptor_distance=None)
    assert matches.distance[0] == pytest.approx(np.sqrt(2))
    assert len(match(np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32))) == 0


def test_forbidden_pairs_are_never_matched():
    d0 = unit(5, 4)
    allowed = ~np.eye(4, dtype=bool)
    matches = match(d0, d0, max_descriptor_distance=None, allowed=allowed)
    assert not np.any(matches.index0 == matches.index1)
    assert len(match(d0, d0, max_descriptor_distance=None, allowed=np.zeros((4, 4), bool))) == 0


def test_a_forbidden_neighbor_gives_way_to_the_next_one():
    far, near, same = np.float32([[0, 1], [0.8, 0.6], [1, 0]])
    matches = match(same[None], np.stack([same, far, near]), allowed=np.array([[False, True, True]]))
    assert (matches.index0.tolist(), matches.index1.tolist()) == ([0], [2])
    assert matches.distance[0] == pytest.approx(np.linalg.norm(same - near))


@pytest.mark.parametrize(("count0", "count1"), [(0, 0), (0, 5), (5, 0)])
def test_nothing_matches_nothing(count0, count1):
    matches = match(unit(0, count0), unit(1, count1))
    assert [len(matches.index0), len(matches.index1), len(matches.distance)] == [0, 0, 0]


def test_sizes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"\(3, 16\).*\(3, 8\)"):
        match(unit(0, 3, 16), unit(0, 3, 8))


def test_ties_go_to_the_lower_index():
    row = np.array([[1, 0]], np.float32)
    matches = match(np.repeat(row, 3, 0), row)
    assert (matches.index0.tolist(), matches.index1.tolist()) == ([0], [0])
    matches = match(row, np.repeat(row, 3, 0))
    assert (matches.index0.tolist(), matches.index1.tolist()) == ([0], [0])
    row, other = np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32)
    matches = match(np.concatenate([row, row]), np.concatenate([other, row]), max_descriptor_distance=None)
    assert (matches.index0.tolist(), matches.index1.tolist()) == ([0], [1])


def test_a_pair_at_the_limit_is_dropped():
    row, other = np.float32([[1, 0]]), np.float32([[0, 1]])
    limit = float(match(row, other, max_descriptor_distance=None).distance[0])
    assert len(match(row, other, max_descriptor_distance=limit)) == 0
    assert len(match(row, other, max_descriptor_distance=limit + 1e-4)) == 1


def test_opposite_descriptors_are_two_apart():
    row = np.float32([[1, 0]])
    assert match(row, -row, max_descriptor_distance=None).distance.tolist() == [2.0]


@pytest.mark.parametrize("block_size", [1, 7, 40, 1000])
@pytest.mark.parametrize("gated", [False, True])
def test_blocks_of_any_size_find_the_same_matches(block_size, gated, monkeypatch):
    d0, d1 = np.repeat(unit(7, 10, 4), 2, 0), unit(8, 13, 4)
    allowed = np.random.default_rng(9).random((20, 13)) < 0.4 if gated else None
    whole = match(d0, d1, max_descriptor_distance=None, allowed=allowed)
    monkeypatch.setattr(matching, "BLOCK_SIZE", block_size)
    parts = match(d0, d1, max_descriptor_distance=None, allowed=None if allowed is None else allowed.__getitem__)
    assert (parts.index0.tolist(), parts.index1.tolist()) == (whole.index0.tolist(), whole.index1.tolist())
    np.testing.assert_allclose(parts.distance, whole.distance, atol=1e-3)


def test_memory_does_not_grow_with_the_product_of_the_numbers():
    d0, d1 = unit(7, 8192, 2), unit(8, 4096, 2)
    tracemalloc.start()
    match(d0, d1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 140e6  # 268 MB for all similarities, and the copy that argmax makes, at once


def near_a_subspace(rng: np.random.Generator, count: int, dimensions: int, noise: float) -> np.ndarray:
    """Unit descriptors of 256 numbers that lie near the span of a few, as those of real images do."""
    span = np.random.default_rng(0).standard_normal((dimensions, 256))
    rows = rng.standard_normal((count, dimensions)) @ span + noise * rng.standard_normal((count, 256))
    unit_rows: np.ndarray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit_rows


@settings(max_examples=15, deadline=None)
@example(seed=359, dimensions=8, limit=0.5, gated=False, known=False, block_size=2**18)
@given(
    seed=st.integers(0, 1000),
    dimensions=st.sampled_from([8, 40, 100]),
    limit=st.floats(0.2, 1.2),
    gated=st.booleans(),
    known=st.booleans(),
    block_size=st.sampled_from([2**18, 10_000]),
)
def test_screening_changes_no_match(seed, dimensions, limit, gated, known, block_size):
    rng = np.random.default_rng(seed)
    d0 = near_a_subspace(rng, 300, dimensions, 0.3)
    moved = d0[rng.permutation(300)[:220]] + rng.normal(0, 0.01, (220, 256)).astype(np.float32)
    d1 = np.concatenate([moved / np.linalg.norm(moved, axis=1, keepdims=True), d0[:10], d0[:10]])
    allowed = rng.random((300, 240)) < 0.5 if gated else None
    directions = principal_directions(near_a_subspace(rng, 300, dimensions, 0.3))
    screens = (screen(d0, directions), screen(d1, directions)) if known else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "SCREEN_BLOCK_SIZE", block_size)
        screened = match(d0, d1, max_descriptor_distance=limit, allowed=allowed, screens=screens)
        patch.setattr(matching, "SCREEN_LEAST", 10**9)
        plain = match(d0, d1, max_descriptor_distance=limit, allowed=allowed)
    assert len(plain) > 50
    # Rows d0[:10] occur twice in d1: rounding decides between equals there.
    ties = np.isin(plain.index0, np.arange(10)) | (plain.index1 >= 220)
    expected = set(zip(plain.index0[~ties].tolist(), plain.index1[~ties].tolist(), strict=True))
    found = dict(
        zip(zip(screened.index0.tolist(), screened.index1.tolist(), strict=True), screened.distance, strict=True)
    )
    assert expected <= set(found)
    assert len(screened) == len(plain)
    assert np.all(np.diff(screened.index0) > 0)
    for pair, distance in zip(
        zip(plain.index0.tolist(), plain.index1.tolist(), strict=True), plain.distance, strict=True
    ):
        # Rounding is of the dot products: of equal descriptors the distance is the root of it.
        assert pair not in found or found[pair] ** 2 == pytest.approx(distance**2, abs=1e-5)


def test_descriptors_of_real_kinds_are_screened_and_random_ones_are_not():
    rng = np.random.default_rng(0)
    real, random = near_a_subspace(rng, 400, 30, 0.3), unit(0, 400, 256)
    least = 1 - 0.7**2 / 2
    pairs = matching._promising_pairs(real, real, least, None, None)
    assert pairs is not None
    assert len(pairs[0]) < 400 * 400 / 32
    assert matching._promising_pairs(random, random, 0.1, None, None) is None
    assert len(match(random, random, max_descriptor_distance=1.3)) == 400


def test_directions_are_orthonormal_and_let_fewer_pairs_pass_in_fewer_dimensions():
    real = near_a_subspace(np.random.default_rng(0), 400, 30, 0.1)
    directions = principal_directions(real)
    assert directions.shape == (256, matching.PRINCIPAL_SIZE)
    np.testing.assert_allclose(directions.T @ directions, np.eye(matching.PRINCIPAL_SIZE), atol=1e-5)
    least = 1 - 0.7**2 / 2
    known = (screen(real, directions), screen(real, directions))
    passed = [len(matching._promising_pairs(real, real, least, None, screens)[0]) for screens in (None, known)]
    assert passed[1] <= passed[0]


@pytest.mark.parametrize("shape", [(matching.SCREEN_LEAST - 1, 256), (400, matching.PRINCIPAL_SIZE)])
def test_too_few_descriptors_tell_no_directions(shape):
    assert principal_directions(unit(0, *shape)) is None


def test_descriptors_that_are_not_finite_tell_no_directions():
    damaged = near_a_subspace(np.random.default_rng(0), 400, 30, 0.1)
    damaged[3, 5] = np.nan
    assert principal_directions(damaged) is None
