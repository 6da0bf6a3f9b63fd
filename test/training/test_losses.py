import math

import numpy as np
import pytest
import torch

from superpoint_ros.networks.d3_layers import LOG_SPREAD_RANGE
from superpoint_ros.training.labels import IGNORED, NO_CORNER
from superpoint_ros.training.losses import (
    cell_centers,
    cell_correspondence,
    confidence_loss,
    contrastive_descriptor_loss,
    depth_loss,
    detector_loss,
    hinge_descriptor_loss,
    near_depth_edges,
)

NAN, INFINITY = float("nan"), float("inf")

IDENTITY = torch.eye(3, dtype=torch.float64)[None]


def unit(shape: tuple[int, ...], dim: int, seed: int = 0) -> torch.Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(values, dim=dim)


def test_detector_loss_of_indifference_is_log_65():
    labels = torch.full((1, 2, 3), NO_CORNER)
    labels[0, 0, 0] = 5
    assert detector_loss(torch.zeros(1, 65, 2, 3), labels).item() == pytest.approx(math.log(65))


def test_detector_loss_by_hand():
    logits = torch.zeros(1, 65, 1, 2)
    logits[0, 7, 0, 0] = 2.0
    labels = torch.tensor([[[7, NO_CORNER]]])
    right, wrong = -2.0 + math.log(math.exp(2.0) + 64), math.log(65)
    assert detector_loss(logits, labels).item() == pytest.approx((right + wrong) / 2, rel=1e-6)
    assert detector_loss(logits, labels, corner_weight=3.0).item() == pytest.approx((3 * right + wrong) / 4, rel=1e-6)


def test_ignored_cells_do_not_count():
    logits = torch.randn(2, 65, 3, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    labels = torch.full((2, 3, 3), IGNORED)
    labels[0, 1, 1] = 3
    loss = detector_loss(logits, labels)
    loss.backward()
    alone = torch.nn.functional.cross_entropy(logits[0, :, 1, 1][None], torch.tensor([3]))
    torch.testing.assert_close(loss, alone)
    assert torch.count_nonzero(logits.grad.abs().sum(1)) == 1
    assert detector_loss(logits, torch.full((2, 3, 3), IGNORED)).item() == 0.0


def test_detector_loss_gradient():
    logits = torch.randn(
        1, 65, 1, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True
    )
    labels = torch.tensor([[[4, NO_CORNER]]])
    assert torch.autograd.gradcheck(lambda x: detector_loss(x, labels, 2.0), (logits,))


def test_cell_centers_by_hand():
    assert cell_centers((2, 2), torch.device("cpu")).tolist() == [[3.5, 3.5], [11.5, 3.5], [3.5, 11.5], [11.5, 11.5]]


def test_cells_correspond_within_eight_pixels():
    right = torch.tensor([[[1, 0, 8.0], [0, 1, 0], [0, 0, 1]]], dtype=torch.float64)
    same = cell_correspondence(IDENTITY, (1, 3))[0]
    assert same.tolist() == [[True, True, False], [True, True, True], [False, True, True]]
    assert cell_correspondence(right, (1, 3))[0].tolist() == [
        [True, True, True],
        [False, True, True],
        [False, False, True],
    ]


def test_hinge_loss_by_hand():
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).view(1, 2, 1, 2)
    far = torch.tensor([[[1, 0, 0.0], [0, 1, 100.0], [0, 0, 1]]], dtype=torch.float64)
    valid = torch.ones((1, 1, 2), dtype=torch.bool)
    # no cell corresponds: two of four pairs have similarity 1, each costs 1 - 0.2
    assert hinge_descriptor_loss(first, first, far, valid).item() == pytest.approx(2 * 0.8 / 4)
    # all four correspond: the two orthogonal ones cost 250 each
    assert hinge_descriptor_loss(first, first, IDENTITY, valid).item() == pytest.approx(2 * 250 / 4)
    # only the first cell of image 1 counts: one of two pairs is orthogonal
    valid[0, 0, 1] = False
    assert hinge_descriptor_loss(first, first, IDENTITY, valid).item() == pytest.approx(250 / 2)


def test_hinge_loss_gradient():
    first, second = unit((1, 4, 2, 2), 1).requires_grad_(), unit((1, 4, 2, 2), 1, 1).requires_grad_()
    shift = torch.tensor([[[1, 0, 9.0], [0, 1, 1.0], [0, 0, 1]]], dtype=torch.float64)
    valid = torch.ones((1, 2, 2), dtype=torch.bool)
    assert torch.autograd.gradcheck(lambda a, b: hinge_descriptor_loss(a, b, shift, valid), (first, second))


def test_contrastive_loss_by_hand():
    descriptors = torch.eye(2)[None]
    xy = torch.tensor([[[0.0, 0.0], [50.0, 0.0]]])
    valid = torch.ones((1, 2), dtype=torch.bool)
    loss = contrastive_descriptor_loss(descriptors, descriptors, xy, xy, valid, temperature=1 / 3)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-3.0)))


def test_contrastive_loss_leaves_out_neighbors_and_unfilled_rows():
    descriptors = unit((1, 3, 8), 2).float()
    valid = torch.tensor([[True, True, False]])
    near = torch.tensor([[[0.0, 0.0], [5.0, 0.0], [90.0, 0.0]]])
    assert contrastive_descriptor_loss(descriptors, descriptors, near, near, valid).item() == pytest.approx(
        0.0, abs=1e-6
    )
    far = torch.tensor([[[0.0, 0.0], [50.0, 0.0], [90.0, 0.0]]])
    changed = descriptors.clone()
    changed[0, 2] = -changed[0, 2]
    torch.testing.assert_close(
        contrastive_descriptor_loss(descriptors, descriptors, far, far, valid),
        contrastive_descriptor_loss(changed, changed, far, far, valid),
    )


def test_contrastive_loss_gradient():
    first, second = unit((2, 3, 4), 2).requires_grad_(), unit((2, 3, 4), 2, 1).requires_grad_()
    xy = torch.from_numpy(np.random.default_rng(0).uniform(0, 60, (2, 3, 2)))
    valid = torch.tensor([[True, True, True], [True, False, True]])
    assert torch.autograd.gradcheck(lambda a, b: contrastive_descriptor_loss(a, b, xy, xy, valid, 2.0), (first, second))


def plane(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 1, 1, -1)


def test_depth_loss_is_the_error_relative_to_that_of_an_untrained_network():
    truth, start = plane(0.0, 1.0, NAN, INFINITY), plane(0.2, 0.6, 0.0, 0.0)
    assert depth_loss(start, start, truth).item() == pytest.approx(1.0)
    assert depth_loss(plane(0.1, 0.8, 9.0, 9.0), start, truth).item() == pytest.approx(0.5)
    assert depth_loss(plane(0.01, 0.0), plane(0.0, 0.0), plane(0.0, 0.0)).item() == pytest.approx(0.25)


def test_edges_of_depth_count_more_where_asked_for():
    truth = torch.zeros(1, 1, 20, 40)
    truth[..., 20:] = 1.0
    truth[..., 0, 0] = NAN
    near = near_depth_edges(truth)
    assert near[0, 0, 0].nonzero().ravel().tolist() == list(range(14, 26))
    assert (near == near[:, :, :1]).all()
    far = torch.zeros_like(truth)
    far[..., 30:] = 0.1
    start = torch.full_like(truth, 0.1)
    said = torch.nan_to_num(truth)
    plain, weighted = (depth_loss(said + far, said + start, truth, weight).item() for weight in (1.0, 5.0))
    assert plain == pytest.approx(0.25, abs=0.001)
    assert weighted == pytest.approx(10 / (40 + 4 * 12), abs=0.001)


def test_images_count_alike_in_the_depth_loss():
    truth, start = torch.zeros(2, 1, 1, 4), torch.tensor([0.1, 1.0]).view(2, 1, 1, 1).expand(2, 1, 1, 4)
    assert depth_loss(start * torch.tensor([2.0, 1.0]).view(2, 1, 1, 1), start, truth).item() == pytest.approx(1.5)


def test_confidence_loss_is_least_at_the_mean_error():
    generator = torch.Generator().manual_seed(0)
    errors = torch.empty(1, 1, 100, 100).exponential_(1 / 0.07, generator=generator)
    spreads = [0.03, 0.05, 0.07, 0.1, 0.2]
    losses = [confidence_loss(errors, torch.full_like(errors, math.log(b)), torch.zeros_like(errors)) for b in spreads]
    assert int(torch.stack(losses).argmin()) == 2
    assert losses[2].item() == pytest.approx(1 + math.log(0.07) - LOG_SPREAD_RANGE[0], abs=0.05)


def test_unknown_truth_does_not_count_and_unreachable_truth_calls_for_doubt():
    spread = plane(-2.0, -2.0, -2.0).requires_grad_()
    confidence_loss(plane(0.0, 5.0, 0.0), spread, plane(NAN, NAN, INFINITY)).backward()
    assert spread.grad.flatten()[:2].tolist() == [0.0, 0.0]
    assert spread.grad.flatten()[2] < 0


def test_the_confidence_loss_leaves_the_depth_alone():
    depth, spread = plane(0.3).requires_grad_(), plane(-2.0).requires_grad_()
    confidence_loss(depth, spread, plane(0.0)).backward()
    assert depth.grad is None
