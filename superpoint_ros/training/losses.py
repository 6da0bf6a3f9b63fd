"""The losses of detector, descriptor, depth and confidence, each with its equation."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from superpoint_ros.core.decode_options import CELL_SIZE
from superpoint_ros.core.sparse_depth import EDGE_REACH, MAX_DEPTH_SPREAD
from superpoint_ros.networks.d3_layers import LOG_SPREAD_RANGE
from superpoint_ros.training.homographies import warp_points
from superpoint_ros.training.labels import IGNORED, NO_CORNER

MIN_REFERENCE = 0.02  # error of an untrained network below which an image's error is not measured against it
UNKNOWABLE_ERROR = 1.0  # of log depth, where the truth is beyond reach: a factor of e


def detector_loss(logits: Tensor, labels: Tensor, corner_weight: float = 1.0) -> Tensor:
    """Compute the cross-entropy over the 65 classes of every cell (SuperPoint paper, equations 2 and 3).

    Args:
        logits: Logits, float (B, 65, h, w).
        labels: Classes, int64 (B, h, w); cells labeled IGNORED do not count.
        corner_weight: How often a cell with a corner counts; 1 is the paper's loss. Nineteen cells of twenty are
            without a corner, so the position inside the cell is otherwise learned late.

    Returns:
        Weighted mean over the cells.
    """
    weight = torch.where(labels == NO_CORNER, 1.0, corner_weight) * (labels != IGNORED)
    loss = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
    return (weight * loss).sum() / weight.sum().clamp(min=1)


def cell_centers(size: tuple[int, int], device: torch.device) -> Tensor:
    """List the pixels at the centers of cells, row by row: float64 (rows * columns, 2)."""
    rows, columns = size
    y, x = torch.meshgrid(torch.arange(rows, device=device), torch.arange(columns, device=device), indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2).double() * CELL_SIZE + (CELL_SIZE - 1) / 2


def cell_correspondence(homographies: Tensor, size: tuple[int, int]) -> Tensor:
    """Return s of the paper's equation 4: bool (B, N, N), cells of images 0 and 1 that are within 8 px once warped."""
    centers = cell_centers(size, homographies.device).expand(len(homographies), -1, -1)
    return torch.cdist(warp_points(centers, homographies), centers) <= CELL_SIZE


def hinge_descriptor_loss(
    descriptors0: Tensor,
    descriptors1: Tensor,
    homographies: Tensor,
    valid: Tensor,
    positive_weight: float = 250.0,
    positive_margin: float = 1.0,
    negative_margin: float = 0.2,
) -> Tensor:
    """Compute the paper's hinge loss over all pairs of cells (SuperPoint paper, equations 5 and 6).

    l(d, d', s) = weight s max(0, 1 - d.d') + (1 - s) max(0, d.d' - 0.2), mean over (HcWc)^2 pairs.

    Args:
        descriptors0: Unit vectors of image 0, (B, D, h, w).
        descriptors1: Unit vectors of image 1.
        homographies: Pixels of image 0 to pixels of image 1, (B, 3, 3).
        valid: Cells of image 1 that show image content, bool (B, h, w); the others count in no pair.
        positive_weight: Weight of the pairs of cells that show the same.
        positive_margin: Similarity from which such a pair costs nothing.
        negative_margin: Similarity below which any other pair costs nothing.
    """
    similarity = torch.einsum("bdn,bdm->bnm", descriptors0.flatten(2), descriptors1.flatten(2))
    same = cell_correspondence(homographies, (descriptors0.shape[2], descriptors0.shape[3])).to(similarity)
    positive = positive_weight * same * (positive_margin - similarity).clamp(min=0)
    negative = (1 - same) * (similarity - negative_margin).clamp(min=0)
    counted = valid.flatten(1)[:, None].to(similarity).expand_as(similarity)
    return ((positive + negative) * counted).sum() / counted.sum().clamp(min=1)


def _one_way(similarity: Tensor, xy: Tensor, valid: Tensor, radius: float) -> Tensor:
    """Compute the cross-entropy of every row against its own column; (B, K)."""
    itself = torch.eye(similarity.shape[1], dtype=torch.bool, device=similarity.device)
    too_near = (torch.cdist(xy, xy) < radius) & ~itself
    masked = similarity.masked_fill(too_near | ~valid[:, None], -torch.inf)
    masked = torch.where(itself, similarity, masked)
    return torch.logsumexp(masked, dim=2) - similarity.diagonal(dim1=1, dim2=2)


def contrastive_descriptor_loss(
    descriptors0: Tensor,
    descriptors1: Tensor,
    xy0: Tensor,
    xy1: Tensor,
    valid: Tensor,
    temperature: float = 0.05,
    radius: float = 8.0,
) -> Tensor:
    """Compute the symmetric cross-entropy over K correspondences (InfoNCE, arXiv 1807.03748, equation 4).

    L = -1/2K sum_k [log softmax_j(d_k.d'_j / t)_k + log softmax_j(d_j.d'_k / t)_k] with t the temperature; points
    nearer than `radius` to the true one are no negatives.

    Args:
        descriptors0: Unit vectors of the first views, (B, K, D).
        descriptors1: Unit vectors of the second views; row k of both is the same point.
        xy0: Pixels of the points in the first views, (B, K, 2).
        xy1: Pixels of the points in the second views.
        valid: Rows that count, bool (B, K).
        temperature: Divisor of the similarities.
        radius: Distance from the true point, in pixels, below which a point is no negative.
    """
    similarity = descriptors0 @ descriptors1.mT / temperature
    loss = _one_way(similarity, xy1, valid, radius) + _one_way(similarity.mT, xy0, valid, radius)
    return torch.where(valid, loss, 0.0).sum() / (2 * valid.sum().clamp(min=1))


def depth_loss(log_depth: Tensor, log_start: Tensor, log_truth: Tensor, edge_weight: float = 1.0) -> Tensor:
    """Average over images the mean absolute error of log depth, relative to that of an untrained network.

    Args:
        log_depth: Log depth as the network says, (B, 1, H, W).
        log_start: Log depth as an untrained network says.
        log_truth: True log depth; where it is not finite it does not count.
        edge_weight: How often a pixel near an edge of the true depth counts.
    """
    known = torch.isfinite(log_truth)
    truth = torch.where(known, log_truth, 0.0)
    weight = known * (1.0 + (edge_weight - 1.0) * near_depth_edges(log_truth))
    total = weight.sum(dim=(1, 2, 3)).clamp(min=1.0)
    error = ((log_depth - truth).abs() * weight).sum(dim=(1, 2, 3)) / total
    reference = ((log_start - truth).abs() * weight).sum(dim=(1, 2, 3)) / total
    return (error / reference.clamp(min=MIN_REFERENCE)).mean()


def near_depth_edges(log_depth: Tensor) -> Tensor:
    """Tell which pixels are within EDGE_REACH of one around which depth spreads over more than MAX_DEPTH_SPREAD.

    Args:
        log_depth: Log depth, (B, 1, H, W); what is not finite is not known, and makes no edge.

    Returns:
        1 near an edge, 0 elsewhere, float (B, 1, H, W).
    """
    known = torch.isfinite(log_depth)
    unknown = torch.full_like(log_depth, -torch.inf)
    highest = F.max_pool2d(torch.where(known, log_depth, unknown), 3, 1, 1)
    lowest = -F.max_pool2d(torch.where(known, -log_depth, unknown), 3, 1, 1)
    edges = (highest - lowest > math.log1p(MAX_DEPTH_SPREAD)).to(log_depth)
    return F.max_pool2d(edges, 2 * EDGE_REACH + 1, 1, EDGE_REACH)


def confidence_loss(log_depth: Tensor, log_spread: Tensor, log_truth: Tensor) -> Tensor:
    """Compute the errors' negative log-likelihood under a Laplace distribution, raised so as to be positive.

    Truth that is infinite counts as an error of UNKNOWABLE_ERROR; the depth itself gets no gradient.
    """
    known = ~torch.isnan(log_truth)
    error = (log_depth.detach() - torch.where(torch.isfinite(log_truth), log_truth, 0.0)).abs()
    error = torch.where(torch.isinf(log_truth), UNKNOWABLE_ERROR, error)
    likelihood = error * torch.exp(-log_spread) + log_spread - LOG_SPREAD_RANGE[0]
    return torch.where(known, likelihood, 0.0).sum() / known.sum().clamp(min=1)
