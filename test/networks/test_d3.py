"""The densification network: shapes, structure, gradients, and what it knows of its inputs."""

from __future__ import annotations

import pytest
import torch

from superpoint_ros.networks.d3 import D3, D3Block, count_multiply_adds, count_parameters
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


def test_before_training_the_depth_is_midway_between_both_fills(network):
    rgb, hints = inputs(1, 64, 64)
    torch.testing.assert_close(network(rgb, hints)[0], hints[:, :2].mean(dim=1, keepdim=True))


def test_there_are_thirteen_blocks_of_five_layers(network):
    blocks = [module for module in network.modules() if isinstance(module, D3Block)]
    assert len(blocks) == 13
    assert all(len(block.layers) == 5 for block in blocks)


def test_parameters_and_multiply_adds_by_hand(network):
    enter, leave = 64 * 64 * 9 + 128, 60 * 64 * 9 + 128
    layers = sum((68 + 12 * i) * 48 + 96 + 48 * 12 * 9 + 24 for i in range(5))
    assert count_parameters(network) == (7 * 64 * 9 + 128) + 13 * (enter + layers + leave) + (64 * 12 * 9 + 12)
    weights = sum((68 + 12 * i) * 48 + 48 * 12 * 9 for i in range(5)) + 64 * 64 * 9
    pixels = {factor: 64 * 96 // factor**2 for factor in (2, 4, 8, 16, 32)}
    last = 60 * 64 * 9
    expected = 7 * 64 * 9 * pixels[2] + 64 * 12 * 9 * pixels[2]
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
