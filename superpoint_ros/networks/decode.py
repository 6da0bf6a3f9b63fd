"""From the network's outputs to keypoints: heat map, non-maximum suppression, selection, descriptor sampling.

SuperPoint paper, section 3.2 (detector decoding) and 3.3 (descriptor decoding).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from superpoint_ros.core.decode_options import CELL_SIZE, FIRST_CELL_CENTER, DescriptorSampling, ResolvedDecodeOptions
from superpoint_ros.core.selection import select_top_k
from superpoint_ros.networks.refine import refine_keypoints


def heatmap(logits: Tensor) -> Tensor:
    """Convert logits (B, 65, h, w) to probabilities (B, 8 h, 8 w): softmax, dustbin dropped, cells unfolded."""
    probability = torch.softmax(logits.float(), dim=1)[:, :-1]
    return F.pixel_shuffle(probability, CELL_SIZE).squeeze(1)


def _window_max(values: Tensor, radius: int) -> Tensor:
    """Take the maximum over the (2 radius + 1) square around each pixel of (B, H, W) >= 0, by doubling shifts."""
    for dim in (1, 2):
        length = values.shape[dim]
        padding = (radius, radius) if dim == 2 else (0, 0, radius, radius)
        running, span, window = F.pad(values, padding), 1, 2 * radius + 1
        while span < window:
            step = min(span, window - span)
            size = running.shape[dim] - step
            running = torch.maximum(running.narrow(dim, 0, size), running.narrow(dim, step, size))
            span += step
        values = running.narrow(dim, 0, length)
    return values


def rank_map(scores: Tensor, threshold: float) -> Tensor:
    """Rank scores (B, H, W), int32: the larger the stronger, ties by row-major order, 0 below the threshold."""
    flat = scores.flatten()
    candidates = torch.nonzero(flat >= threshold).squeeze(1)
    order = torch.argsort(flat[candidates], descending=True, stable=True)
    ranks = torch.zeros(flat.shape, dtype=torch.int32, device=scores.device)
    ranks[candidates[order]] = torch.arange(len(order), 0, -1, dtype=torch.int32, device=scores.device)
    return ranks.view(scores.shape)


def non_maximum_suppression(ranks: Tensor, radius: int) -> Tensor:
    """Suppress non-maxima, exactly as greedily: strongest first, each removes all others within the L-infinity radius.

    A pixel that is the strongest left in its window can be removed by nothing, so all such pixels are kept at
    once and clear their windows; repeated until none is left, this is the greedy result.

    Args:
        ranks: Ranks, int32 (B, H, W) with distinct values per image, 0 = no candidate (see rank_map).
        radius: Radius of the suppression, pixels.

    Returns:
        The same ranks, with 0 where suppressed.
    """
    pending = ranks
    kept = torch.zeros_like(ranks)
    while bool(pending.any()):
        peaks = torch.where(pending == _window_max(pending, radius), pending, 0)
        kept = kept + peaks
        pending = torch.where(_window_max(peaks, radius) > 0, 0, pending)
    return kept


def _clear_border(values: Tensor, border: int) -> Tensor:
    height, width = values.shape[-2:]
    cleared = torch.zeros_like(values)
    if height > 2 * border and width > 2 * border:
        inside = (..., slice(border, height - border), slice(border, width - border))
        cleared[inside] = values[inside]
    return cleared


def select_keypoints(scores: Tensor, options: ResolvedDecodeOptions) -> list[tuple[Tensor, Tensor]]:
    """Select keypoints of heat maps (B, H, W): per image xy float32 (N, 2) [px] and score (N,), strongest first."""
    ranks = rank_map(scores, options.detection_threshold)
    if options.nms_radius:
        ranks = non_maximum_suppression(ranks, options.nms_radius)
    # Discard keypoints near the image's border.
    ranks = _clear_border(ranks, options.remove_borders)
    image_size = (scores.shape[1], scores.shape[2])
    selected = []
    for score, rank in zip(scores, ranks, strict=True):
        yx = torch.nonzero(rank)
        yx = yx[torch.argsort(rank[yx[:, 0], yx[:, 1]], descending=True)]
        kept = select_top_k(yx.flip(1).cpu().numpy(), image_size, options)
        yx = yx[torch.from_numpy(kept).to(yx.device)]
        selected.append((yx.flip(1).float(), score[yx[:, 0], yx[:, 1]]))
    return selected


def sample_descriptors(descriptors: Tensor, xy: Tensor, sampling: DescriptorSampling) -> Tensor:
    """Interpolate dense descriptors (D, h, w) at xy (N, 2) in pixels, bilinearly: unit descriptors (N, D)."""
    height, width = descriptors.shape[1:]
    cell = (xy.to(descriptors) - FIRST_CELL_CENTER[sampling]) / CELL_SIZE
    size = torch.tensor([width, height], dtype=cell.dtype, device=cell.device)
    grid = (2 * cell + 1) / size - 1
    sampled = F.grid_sample(descriptors[None], grid[None, None], mode="bilinear", align_corners=False)
    return F.normalize(sampled[0, :, 0].T, dim=1)


def decode(
    logits: Tensor, descriptors: Tensor, image_size: tuple[int, int], options: ResolvedDecodeOptions
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Decode the network's outputs of a batch: per image xy (N, 2), score (N,), descriptors (N, D).

    Args:
        logits: Detector logits (B, 65, h, w).
        descriptors: Dense descriptors (B, D, h, w).
        image_size: (height, width) of the images before they were padded on the right and at the bottom to
            8 h x 8 w; nothing is found in the padding, and nothing in it suppresses a keypoint of the image.
        options: How keypoints are chosen.
    """
    height, width = image_size
    scores = heatmap(logits)[:, :height, :width]
    decoded = []
    for (xy, score), heat, dense in zip(select_keypoints(scores, options), scores, descriptors, strict=True):
        if options.subpixel:
            xy = refine_keypoints(heat, xy)
        decoded.append((xy, score, sample_descriptors(dense.float(), xy, options.descriptor_sampling)))
    return decoded
