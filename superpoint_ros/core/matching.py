"""Mutual nearest neighbors between sets of unit descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from superpoint_ros.core.options import option
from superpoint_ros.core.types import Matches

# The released tracker's threshold on the distance between unit descriptors.
DEFAULT_MAX_DISTANCE = 0.7
# Similarities computed at a time: 64 MiB and a copy, whatever the number of descriptors.
BLOCK_SIZE = 2**24


def descriptor_distance_option() -> Any:
    """Describe the largest descriptor distance of a match, for every options dataclass that has it."""
    return option(
        DEFAULT_MAX_DISTANCE,
        "Descriptor distance at and above which two keypoints never match.",
        limits=(0.01, 2.0),
    )


def match(
    descriptors0: np.ndarray,
    descriptors1: np.ndarray,
    *,
    max_descriptor_distance: float | None = DEFAULT_MAX_DISTANCE,
    allowed: np.ndarray | Callable[[slice], np.ndarray] | None = None,
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

    Returns:
        Matches in ascending order of the first index; ties go to the lower index.

    Raises:
        ValueError: The two sets have descriptors of different size.
    """
    if descriptors0.ndim != 2 or descriptors1.ndim != 2 or descriptors0.shape[1] != descriptors1.shape[1]:
        raise ValueError(f"descriptors of shapes {descriptors0.shape} and {descriptors1.shape} cannot be compared")
    if len(descriptors0) == 0 or len(descriptors1) == 0:
        return Matches(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    index1, best, chosen_by1 = _nearest(descriptors0, descriptors1, allowed)
    # Keep pairs that choose each other.
    index0 = np.arange(len(descriptors0))
    mutual = chosen_by1[index1] == index0
    # |a - b|^2 = 2 - 2 a.b
    distance = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * best)).astype(np.float32)
    if max_descriptor_distance is not None:
        mutual &= distance < max_descriptor_distance
    return Matches(index0[mutual], index1[mutual], distance[mutual])


def _nearest(
    descriptors0: np.ndarray, descriptors1: np.ndarray, allowed: np.ndarray | Callable[[slice], np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find each first descriptor's nearest second one, its dot product, and each second one's nearest first one, or -1.

    Of unit vectors, the nearest are those of the largest dot product.
    """
    count0, count1 = len(descriptors0), len(descriptors1)
    index1, best0 = np.empty(count0, np.int64), np.empty(count0, descriptors0.dtype)
    index0, best1 = np.full(count1, -1), np.full(count1, -np.inf, descriptors0.dtype)
    rows = max(1, BLOCK_SIZE // count1)
    for block in (slice(start, min(start + rows, count0)) for start in range(0, count0, rows)):
        similarity = descriptors0[block] @ descriptors1.T
        if allowed is not None:
            rows_allowed = allowed(block) if callable(allowed) else allowed[block]
            np.copyto(similarity, -np.inf, where=~rows_allowed)
        index1[block] = similarity.argmax(axis=1)
        best0[block] = similarity[np.arange(len(similarity)), index1[block]]
        # The largest of each column and then where it stands: several times faster than argmax along columns.
        value = similarity.max(axis=0)
        row, column = np.divmod(np.flatnonzero(similarity == value), count1)
        strongest = np.empty(count1, np.int64)
        strongest[column[::-1]] = row[::-1]  # of equally near ones the first stays
        # Among equally near ones of different blocks, the earlier one stays.
        nearer = value > best1
        index0[nearer], best1[nearer] = strongest[nearer] + block.start, value[nearer]
    return index1, best0, index0
