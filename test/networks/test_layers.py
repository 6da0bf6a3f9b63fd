import pytest
import torch
from torch import nn

from superpoint_ros.networks.layers import ARCHITECTURES, multiplications
from superpoint_ros.networks.superpoint import SuperPoint

SIZE = (48, 64)


@pytest.mark.parametrize("layers", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_multiplications_are_those_of_the_convolutions_that_run(layers):
    counted = []

    def count(convolution: nn.Conv2d, _inputs, output: torch.Tensor) -> None:
        counted.append(output[0, 0].numel() * convolution.weight.numel())

    network = SuperPoint(layers)
    for name in layers:
        network.get_submodule(name).register_forward_hook(count)
    network(torch.rand(1, 1, *SIZE))
    assert multiplications(layers, SIZE) == sum(counted)


def test_the_lite_network_has_an_eighth_of_the_work_and_fits_a_megabyte():
    full, lite = (multiplications(ARCHITECTURES[name], (480, 640)) for name in ("superpoint", "superpoint_lite"))
    assert full == 26_051_788_800
    assert lite <= full / 8
    parameters = sum(parameter.numel() for parameter in SuperPoint(ARCHITECTURES["superpoint_lite"]).parameters())
    assert 2 * parameters <= 1_000_000  # float16
