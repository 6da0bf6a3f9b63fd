"""From a network's answers to keypoints on the host: suppression, selection, refinement, descriptor sampling.

SuperPoint paper (arXiv 1712.07629), sections 3.2 and 3.3. The results are those of networks/decode.py, which does the
same on a device; only NumPy and OpenCV are needed here.
"""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.decode_options import CELL_SIZE, FIRST_CELL_CENTER, DescriptorSampling, ResolvedDecodeOptions
from superpoint_ros.core.selection import select_top_k

REFINEMENT_RADIUS = 2


def unfold_cells(probability: np.ndarray) -> np.ndarray:
    """Arrange the probabilities of each cell's pixels as an image.

    Args:
        probability: float32 (64 or 65, h, w); channel 8 dy + dx is a pixel of the cell, the 65th "no keypoint".

    Returns:
        float32 (8 h, 8 w), the heat map.
    """
    _, height, width = probability.shape
    cells = probability[: CELL_SIZE**2].reshape(CELL_SIZE, CELL_SIZE, height, width)
    return np.ascontiguousarray(cells.transpose(2, 0, 3, 1)).reshape(CELL_SIZE * height, CELL_SIZE * width)


def find_keypoints(scores: np.ndarray, *, threshold: float, radius: int) -> np.ndarray:
    """Find the pixels that greedy non-maximum suppression keeps: the strongest first, each removing all near it.

    Args:
        scores: float32 (H, W), not negative.
        threshold: Smallest score of a keypoint.
        radius: L-infinity distance [px] up to which a keypoint removes weaker ones; 0 = none are removed.

    Returns:
        int64 (N,), flat indices into `scores`, strongest first; equally strong ones in row-major order.
    """
    flat = scores.ravel()
    candidates = np.flatnonzero(flat >= threshold)
    kept = candidates
    if radius and len(candidates):
        kept, candidates = _strongest_in_window(scores, candidates, radius)
        # What the clear maxima leave undecided, ties included, is decided by rank.
        kept = np.concatenate([kept, _suppress_by_rank(scores, candidates, radius)])
        kept.sort()
    return kept[np.argsort(-flat[kept], kind="stable")]


def _window(radius: int) -> np.ndarray:
    return np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)


def _window_max(values: np.ndarray, radius: int) -> np.ndarray:
    return cv2.dilate(values, _window(radius), borderType=cv2.BORDER_CONSTANT, borderValue=0)


def _strongest_in_window(scores: np.ndarray, candidates: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Split candidates into those that nothing in their window equals, and those that none of these removes."""
    value = scores.ravel()[candidates]
    is_maximum = value == _window_max(scores, radius).ravel()[candidates]
    maxima, height = candidates[is_maximum], value[is_maximum]
    # Leave ties to the ranks: only a score that occurs twice can have its equal in a window.
    ordered = np.sort(value)
    is_unique = np.searchsorted(ordered, height, "right") - np.searchsorted(ordered, height) == 1
    others = maxima[~is_unique]
    clear = np.concatenate([maxima[is_unique], others[~_has_equal(scores, others, radius)]])
    mask = np.zeros(scores.shape, np.uint8)
    mask.ravel()[clear] = 1
    return clear, candidates[_window_max(mask, radius).ravel()[candidates] == 0]


def _windows(scores: np.ndarray, row: np.ndarray, column: np.ndarray, radius: int) -> np.ndarray:
    """Cut the squares around pixels (N,) out of scores, (N, 2 radius + 1, 2 radius + 1); 0 beyond the edges."""
    offset = np.arange(-radius, radius + 1)
    rows, columns = row[:, None] + offset, column[:, None] + offset
    inside_rows, inside_columns = (
        (places >= 0) & (places < side) for places, side in zip((rows, columns), scores.shape, strict=True)
    )
    windows = scores[(rows * inside_rows)[:, :, None], (columns * inside_columns)[:, None, :]]
    masked: np.ndarray = windows * (inside_rows[:, :, None] & inside_columns[:, None, :])
    return masked


def _has_equal(scores: np.ndarray, pixels: np.ndarray, radius: int) -> np.ndarray:
    """Tell which pixels, given as flat indices, have another one of the same score in their window; bool (N,)."""
    equal = _windows(scores, *np.divmod(pixels, scores.shape[1]), radius) == scores.ravel()[pixels][:, None, None]
    found: np.ndarray = np.count_nonzero(equal, axis=(1, 2)) > 1
    return found


def _suppress_by_rank(scores: np.ndarray, candidates: np.ndarray, radius: int) -> np.ndarray:
    """Suppress greedily among candidates: all that are the strongest left in their window are kept at once."""
    pending = candidates[np.argsort(-scores.ravel()[candidates], kind="stable")]
    ranks = np.zeros(scores.shape, np.float32)  # exact for images of up to 16 million candidates
    ranks.ravel()[pending] = np.arange(len(pending), 0, -1)
    kept = []
    while len(pending):
        peaks = pending[ranks.ravel()[pending] == _window_max(ranks, radius).ravel()[pending]]
        mask = np.zeros(scores.shape, np.uint8)
        mask.ravel()[peaks] = 1
        removed = _window_max(mask, radius).ravel()[pending] > 0
        ranks.ravel()[pending[removed]] = 0
        kept.append(peaks)
        pending = pending[~removed]
    return np.concatenate(kept) if kept else candidates


def refine_keypoints(scores: np.ndarray, xy: np.ndarray, *, radius: int = REFINEMENT_RADIUS) -> np.ndarray:
    """Move peaks to the center of mass of the scores in the square around them.

    Args:
        scores: float32 (H, W), not negative.
        xy: Whole pixels (N, 2).
        radius: Half the side of the square [px].

    Returns:
        float32 (N, 2), each moved by less than `radius` along either axis.
    """
    column, row = np.rint(xy).astype(np.int64).T
    window = _windows(scores, row, column, radius)
    mass = np.maximum(window.sum(axis=(1, 2)), np.finfo(np.float32).tiny)
    step = np.arange(-radius, radius + 1, dtype=np.float32)
    shift = np.stack([window.sum(axis=1) @ step, window.sum(axis=2) @ step], axis=1) / mass[:, None]
    refined: np.ndarray = (xy + shift).astype(np.float32)
    return refined


def sample_descriptors(descriptors: np.ndarray, xy: np.ndarray, sampling: DescriptorSampling) -> np.ndarray:
    """Interpolate dense descriptors bilinearly at keypoints.

    Args:
        descriptors: float32 (h, w, D), one per cell of 8x8 pixels; cells outside count as zero.
        xy: Pixels (N, 2).
        sampling: A key of FIRST_CELL_CENTER: where the first cell's center is.

    Returns:
        float32 (N, D), unit length per row.
    """
    height, width, size = descriptors.shape
    cell = (xy.astype(np.float32) - np.float32(FIRST_CELL_CENTER[sampling])) / np.float32(CELL_SIZE)
    corner = np.floor(cell)
    fraction = cell - corner
    # Of the four cells around each keypoint: which they are, how much each counts.
    x_weight, y_weight = (np.stack([1 - part, part], axis=1) for part in fraction.T)
    column, row = (part[:, None] + np.arange(2) for part in corner.astype(np.int64).T)
    x_weight[(column < 0) | (column >= width)] = 0
    y_weight[(row < 0) | (row >= height)] = 0
    place = row.clip(0, height - 1)[:, :, None] * width + column.clip(0, width - 1)[:, None, :]
    weight = y_weight[:, :, None] * x_weight[:, None, :]
    around = descriptors.reshape(-1, size)[place.reshape(-1, 4)]
    total = np.einsum("nk,nkd->nd", weight.reshape(-1, 4), around)
    length = np.sqrt(np.einsum("nd,nd->n", total, total))
    unit: np.ndarray = total / np.maximum(length, np.float32(1e-12))[:, None]
    return unit


def decode(
    probability: np.ndarray, descriptors: np.ndarray, image_size: tuple[int, int], options: ResolvedDecodeOptions
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decode the network's answers to one image.

    Args:
        probability: float32 (65, h, w), softmax over each cell's pixels and "no keypoint".
        descriptors: float32 (h, w, D), unit length per cell.
        image_size: (height, width) of the image before it was padded on the right and at the bottom to 8 h x 8 w;
            nothing is found in the padding, and nothing in it suppresses a keypoint of the image.
        options: How keypoints are chosen.

    Returns:
        xy float32 (N, 2) [px], score float32 (N,), descriptors float32 (N, D), strongest first.
    """
    height, width = image_size
    scores = np.ascontiguousarray(unfold_cells(probability)[:height, :width])
    found = find_keypoints(scores, threshold=options.detection_threshold, radius=options.nms_radius)
    row, column = np.divmod(found, width)
    # Discard keypoints near the image's border.
    border = options.remove_borders
    inside = (column >= border) & (column < width - border) & (row >= border) & (row < height - border)
    xy = np.stack([column, row], axis=1)[inside].astype(np.float32)
    kept = select_top_k(xy, image_size, options)
    xy, score = xy[kept], scores.ravel()[found[inside][kept]]
    if options.subpixel:
        xy = refine_keypoints(scores, xy)
    return xy, score, sample_descriptors(descriptors, xy, options.descriptor_sampling)
