"""The densification network: shapes, structure, gradients, and what it knows of its inputs."""

from __future__ import annotations

import pytest
import torch

from superpoint_ros.networks.d3 import (
    D3,
    FIRST_AFFINITIES,
    D3Block,
    count_multiply_adds,
    count_parameters,
    propagate,
)
from superpoint_ros.networks.d3_layers import LOG_SPREAD_RANGE


@pytest.fixture(scope="module")
def network() -> D3:
    torch.manual_seed(0)
    return D3().eval()


def inputs(batch: int, height: int, width: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    rgb = torch.rand((batch, 3, height, width), generator=generator)
    log_depths = torch.randn((batch, 3, height, width), generator=generator)
    distance = 20 * torch.rand((batch, 1, height, width), generator=generator)
    return rgb, torch.cat([log_depths, distance], dim=1)


@pytest.mark.parametrize(("batch", "height", "width"), [(1, 32, 32), (2, 64, 96), (1, 96, 32)])
def test_outputs_have_the_size_of_the_input(network, batch, height, width):
    log_depth, log_spread = network(*inputs(batch, height, width))
    assert log_depth.shape == log_spread.shape == (batch, 1, height, width)
    assert log_depth.dtype == log_spread.dtype == torch.float32
    assert log_spread.min() >= LOG_SPREAD_RANGE[0]
    assert log_spread.max() <= LOG_SPREAD_RANGE[1]


def test_before_training_the_depth_is_midway_between_both_fills_and_a_little_smoother(network):
    rgb, hints = inputs(1, 64, 64)
    first = torch.tensor(FIRST_AFFINITIES).reshape(1, -1, 1, 1).expand(1, -1, 64, 64)
    midway = hints[:, :2].mean(dim=1, keepdim=True)
    torch.testing.assert_close(network(rgb, hints)[0], propagate(midway, first))
    assert propagate(midway, first).std() > 0.3 * midway.std()


def test_depth_that_is_propagated_stays_within_surfaces_that_have_no_affinity():
    left = torch.arange(12) < 7
    generator = torch.Generator().manual_seed(0)
    log_depth = torch.where(left, 0.0, 1.0) + 0.1 * torch.randn((2, 1, 8, 12), generator=generator)
    columns = torch.arange(12).view(1, 1, -1)
    neighbor = (columns + torch.tensor([-1, 0, 1] * 3).view(9, 1, 1)).clamp(0, 11)
    same = (neighbor < 7) == (columns < 7)
    affinities = torch.where(same, 0.0, -torch.inf).expand(2, 9, 8, 12)
    propagated = propagate(log_depth, affinities)
    assert propagated.shape == log_depth.shape
    for side in (left, ~left):
        assert propagated[..., side].std() < 0.4 * log_depth[..., side].std()
        assert propagated[..., side].mean() == pytest.approx(log_depth[..., side].mean().item(), abs=0.02)


def test_depth_is_not_propagated_where_pixels_have_an_affinity_with_themselves_alone():
    log_depth = torch.randn((1, 1, 5, 7), generator=torch.Generator().manual_seed(0))
    itself = (torch.arange(9) == 4).view(1, 9, 1, 1)
    torch.testing.assert_close(propagate(log_depth, torch.where(itself, 0.0, -torch.inf).expand(1, 9, 5, 7)), log_depth)


def test_flat_depth_stays_flat_whatever_the_affinities():
    affinities = 3 * torch.randn((1, 9, 6, 5), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(propagate(torch.full((1, 1, 6, 5), 0.7), affinities), torch.full((1, 1, 6, 5), 0.7))


def test_there_are_thirteen_blocks_of_five_layers(network):
    blocks = [module for module in network.modules() if isinstance(module, D3Block)]
    assert len(blocks) == 13
    assert all(len(block.layers) == 5 for block in blocks)


def test_parameters_and_multiply_adds_by_hand(network):
    enter, leave = 64 * 64 * 9 + 128, 60 * 64 * 9 + 128
    layers = sum((68 + 12 * i) * 48 + 96 + 48 * 12 * 9 + 24 for i in range(5))
    assert count_parameters(network) == (7 * 64 * 9 + 128) + 13 * (enter + layers + leave) + (64 * 48 * 9 + 48)
    weights = sum((68 + 12 * i) * 48 + 48 * 12 * 9 for i in range(5)) + 64 * 64 * 9
    pixels = {factor: 64 * 96 // factor**2 for factor in (2, 4, 8, 16, 32)}
    last = 60 * 64 * 9
    expected = 7 * 64 * 9 * pixels[2] + 64 * 48 * 9 * pixels[2]
    expected += sum((weights + last) * pixels[factor] for factor in (4, 8, 16, 32, 32, 32, 4, 8, 16))
    expected += sum(weights * pixels[factor] + last * pixels[factor // 2] for factor in (32, 16, 8, 4))
    assert count_multiply_adds(network, (64, 96)) == expected


def test_images_of_a_batch_do_not_mix(network):
    rgb, hints = inputs(2, 32, 64, seed=3)
    with torch.no_grad():
        network.head.weight.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
        together = network(rgb, hints)
        alone = network(rgb[1:], hints[1:])
        network.head.weight.zero_()
    torch.testing.assert_close(together[0][1:], alone[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(together[1][1:], alone[1], atol=1e-4, rtol=1e-4)


def test_every_parameter_learns():
    torch.manual_seed(1)
    network = D3()
    torch.nn.init.normal_(network.head.weight, 0, 0.1)
    log_depth, log_spread = network(*inputs(2, 64, 64))
    (log_depth.square().mean() + log_spread.square().mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
