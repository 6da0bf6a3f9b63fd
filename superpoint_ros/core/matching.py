"""Mutual nearest neighbors between sets of unit descriptors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from superpoint_ros.core.options import option
from superpoint_ros.core.types import Matches

# The released tracker's threshold on the distance between unit descriptors.
DEFAULT_MAX_DISTANCE = 0.7
# Similarities computed at a time: 64 MiB and a copy, whatever the number of descriptors.
BLOCK_SIZE = 2**24
SCREEN_BLOCK_SIZE = 2**18  # what stays in a core's cache
GATHER_BLOCK_SIZE = 2**15  # of descriptors that are copied together: fresh memory costs more than their products
# Directions in which pairs are screened, those of some descriptors or of the largest spread of all; sets too small for
# that to pay, and the share of pairs from which it does not.
SCREEN_SIZE = 48
PRINCIPAL_SIZE = 32
SCREEN_LEAST = 4 * SCREEN_SIZE
SCREEN_MAX_SHARE = 1 / 32
ROUNDING = 1e-5
AllowedPairs: TypeAlias = np.ndarray | Callable[[slice], np.ndarray]


def descriptor_distance_option() -> Any:
    """Describe the largest descriptor distance of a match, for every options dataclass that has it."""
    return option(
        DEFAULT_MAX_DISTANCE,
        "Descriptor distance at and above which two keypoints do not match.",
        limits=(0.01, 2.0),
    )


def match(
    descriptors0: np.ndarray,
    descriptors1: np.ndarray,
    *,
    max_descriptor_distance: float | None = DEFAULT_MAX_DISTANCE,
    allowed: AllowedPairs | None = None,
    screens: tuple[np.ndarray, np.ndarray] | None = None,
) -> Matches:
    """Match the descriptors of two images: pairs of rows that are each other's nearest neighbor.

    >>> left, right = np.float32([[1, 0], [0, 1]]), np.float32([[0.6, 0.8], [0, -1], [0, 1]])
    >>> matches = match(left, right)
    >>> matches.index0.tolist(), matches.index1.tolist(), matches.distance.tolist()
    ([1], [2], [0.0])

    Args:
        descriptors0: Descriptors of the first image, float32 (N, D), unit length per row.
        descriptors1: Descriptors of the second image, float32 (M, D), unit length per row.
        max_descriptor_distance: Euclidean distance at and above which pairs are dropped; None keeps all.
        allowed: Pairs that may be considered at all, bool (N, M), or a function that gives some of its rows, so that
            the whole need not be in memory; None = every pair.
        screens: What `screen` gives for both sets, in the same directions: it saves a third of the time and changes no
            match. None = not known.

    Returns:
        Matches in ascending order of the first index; ties go to the lower index.

    Raises:
        ValueError: The two sets have descriptors of different size.
    """
    if descriptors0.ndim != 2 or descriptors1.ndim != 2 or descriptors0.shape[1] != descriptors1.shape[1]:
        raise ValueError(f"descriptors of shapes {descriptors0.shape} and {descriptors1.shape} cannot be compared")
    if len(descriptors0) == 0 or len(descriptors1) == 0:
        return Matches(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    least = -np.inf if max_descriptor_distance is None else 1.0 - max_descriptor_distance**2 / 2.0
    pairs = _promising_pairs(descriptors0, descriptors1, least, allowed, screens)
    if pairs is None:
        index0, index1, similarity = _mutual_of_all(descriptors0, descriptors1, allowed)
    else:
        index0, index1, similarity = _mutual_of_pairs(descriptors0, descriptors1, *pairs)
    # |a - b|^2 = 2 - 2 a.b
    distance = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * similarity)).astype(np.float32)
    near = np.isfinite(similarity) if max_descriptor_distance is None else distance < max_descriptor_distance
    return Matches(index0[near], index1[near], distance[near])


def _blocks(count0: int, count1: int, size: int) -> Iterator[slice]:
    """Cut the rows of a matrix (count0, count1) into blocks of at most `size` elements."""
    rows = max(1, size // count1)
    return (slice(start, min(start + rows, count0)) for start in range(0, count0, rows))


def _forbid(similarity: np.ndarray, allowed: AllowedPairs | None, block: slice) -> None:
    """Put -inf where a pair may not be considered."""
    if allowed is not None:
        np.copyto(similarity, -np.inf, where=~(allowed(block) if callable(allowed) else allowed[block]))


def principal_directions(descriptors: np.ndarray) -> np.ndarray | None:
    """Find the directions in which descriptors are longest, for matches to come; orthonormal, float32 (D, K).

    Args:
        descriptors: Descriptors of an image, float32 (N, D), unit length per row; those of other images may be matched.

    Returns:
        The directions, or None where there are too few descriptors, or values of one, to tell them, or not finite ones.
    """
    if len(descriptors) < SCREEN_LEAST or descriptors.shape[1] <= PRINCIPAL_SIZE or not np.isfinite(descriptors).all():
        return None
    return np.ascontiguousarray(np.linalg.eigh(descriptors.T @ descriptors)[1][:, -PRINCIPAL_SIZE:])


def screen(descriptors: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Describe descriptors by what bounds their dot products: coordinates in some directions, and what is left.

    Args:
        descriptors: Descriptors, float32 (N, D), unit length per row.
        directions: Orthonormal directions, float32 (D, K), see `principal_directions`.

    Returns:
        The coordinates and the length of the rest, float32 (N, K + 1).
    """
    inside = descriptors @ directions
    rest = np.sqrt(np.maximum(0.0, 1.0 - np.einsum("nk,nk->n", inside, inside)))
    return np.column_stack([inside, rest])


def _promising_pairs(
    descriptors0: np.ndarray,
    descriptors1: np.ndarray,
    least: float,
    allowed: AllowedPairs | None,
    screens: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """List pairs among which are all of at least a dot product, for a fifth of the cost of all products.

    Within a subspace the product is computed; outside it, by Cauchy and Schwarz, it is at most that of the lengths of
    what is left of both. Descriptors of real images lie near the span of a few dozen of them.

    Returns:
        Rows, columns and upper bounds of the products, or None where too many pairs pass, or the sets are too small,
        for this to pay.
    """
    count0, count1, size = len(descriptors0), len(descriptors1), descriptors0.shape[1]
    if least <= 0.0 or size <= SCREEN_SIZE or min(count0, count1) < SCREEN_LEAST:
        return None
    if screens is None:
        directions = np.linalg.qr(descriptors1[:: count1 // SCREEN_SIZE][:SCREEN_SIZE].T)[0]
        screens = screen(descriptors0, directions), screen(descriptors1, directions)
    bound0, bound1 = screens
    # One buffer for all blocks: fresh memory costs more than the product.
    found, values, buffer = [], [], np.empty((min(count0, SCREEN_BLOCK_SIZE // count1 + 1), count1), bound0.dtype)
    for block in _blocks(count0, count1, SCREEN_BLOCK_SIZE):
        bound = np.matmul(bound0[block], bound1.T, out=buffer[: block.stop - block.start])
        _forbid(bound, allowed, block)
        passed = np.flatnonzero(bound >= least - ROUNDING)
        if len(passed) > SCREEN_MAX_SHARE * bound.size:
            return None
        found.append(passed + block.start * count1)
        values.append(bound.ravel()[passed])
    row, column = np.divmod(np.concatenate(found), count1)
    return row, column, np.concatenate(values)


def _mutual_of_pairs(
    descriptors0: np.ndarray, descriptors1: np.ndarray, row: np.ndarray, column: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs, of those listed, that choose each other, and their dot products.

    The most promising pair of each row and column comes first: most others are then known to be the best of neither.
    """
    count0, count1 = len(descriptors0), len(descriptors1)
    promising = np.zeros(len(row) + 1, bool)
    promising[_first_best(upper, row, count0)] = promising[_first_best(upper, column, count1)] = True
    promising = promising[:-1]  # what has no pair has number -1
    similarity = np.full(len(row), -np.inf, upper.dtype)
    similarity[promising] = _products(descriptors0, descriptors1, row[promising], column[promising])
    least = np.minimum(_largest(similarity, row, count0)[row], _largest(similarity, column, count1)[column])
    others = ~promising & (upper >= least - ROUNDING)
    similarity[others] = _products(descriptors0, descriptors1, row[others], column[others])
    by_row, by_column = _first_best(similarity, row, count0), _first_best(similarity, column, count1)
    pair = np.arange(len(row))
    mutual = np.flatnonzero((by_row[row] == pair) & (by_column[column] == pair))
    return row[mutual], column[mutual], similarity[mutual]


def _largest(values: np.ndarray, index: np.ndarray, count: int) -> np.ndarray:
    """Return the largest of the values that go with each index; (count,)."""
    largest = np.full(count, -np.inf, values.dtype)
    np.maximum.at(largest, index, values)
    return largest


def _first_best(similarity: np.ndarray, index: np.ndarray, count: int) -> np.ndarray:
    """Find the pair of the largest similarity for each index, the first of equal ones, -1 = none; int64 (count,)."""
    best = np.flatnonzero(similarity == _largest(similarity, index, count)[index])
    first = np.full(count, -1)
    first[index[best][::-1]] = best[::-1]
    return first


def _products(descriptors0: np.ndarray, descriptors1: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Compute the dot products of some pairs."""
    size = descriptors0.shape[1]
    products = np.empty(len(row), descriptors0.dtype)
    buffer = np.empty((2, max(1, GATHER_BLOCK_SIZE // size), size), descriptors0.dtype)
    for part in _blocks(len(row), size, GATHER_BLOCK_SIZE):
        first, second = buffer[:, : part.stop - part.start]
        np.take(descriptors0, row[part], axis=0, out=first, mode="clip")
        np.take(descriptors1, column[part], axis=0, out=second, mode="clip")
        products[part] = np.einsum("nd,nd->n", first, second)
    return products


def _mutual_of_all(
    descriptors0: np.ndarray, descriptors1: np.ndarray, allowed: AllowedPairs | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs that choose each other among all, and their dot products.

    Of unit vectors, the nearest are those of the largest dot product.
    """
    count0, count1 = len(descriptors0), len(descriptors1)
    index1, best0 = np.empty(count0, np.int64), np.empty(count0, descriptors0.dtype)
    chosen_by1, best1 = np.full(count1, -1), np.full(count1, -np.inf, descriptors0.dtype)
    for block in _blocks(count0, count1, BLOCK_SIZE):
        similarity = descriptors0[block] @ descriptors1.T
        _forbid(similarity, allowed, block)
        index1[block] = similarity.argmax(axis=1)
        best0[block] = similarity[np.arange(len(similarity)), index1[block]]
        # The largest of each column and then where it stands: several times faster than argmax along columns.
        value = similarity.max(axis=0)
        row, column = np.divmod(np.flatnonzero(similarity == value), count1)
        strongest = np.empty(count1, np.int64)
        strongest[column[::-1]] = row[::-1]  # of equally near ones the first stays
        # Among equally near ones of different blocks, the earlier one stays.
        nearer = value > best1
        chosen_by1[nearer], best1[nearer] = strongest[nearer] + block.start, value[nearer]
    index0 = np.flatnonzero(chosen_by1[index1] == np.arange(count0))
    return index0, index1[index0], best0[index0]
