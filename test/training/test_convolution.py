import pytest
import torch
from torch import nn

from superpoint_ros.training.convolution import TrainableConv2d


def gradients(layer: nn.Conv2d, x: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    layer(x).square().sum().backward()
    return [x.grad, layer.weight.grad, layer.bias.grad]


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_outputs_and_gradients_are_those_of_a_plain_convolution(kernel, order):
    torch.manual_seed(0)
    plain = nn.Conv2d(3, 8, kernel, padding=kernel // 2).to(memory_format=order)
    layer = TrainableConv2d(3, 8, kernel, padding=kernel // 2).to(memory_format=order)
    layer.load_state_dict(plain.state_dict())
    x = torch.rand(2, 3, 16, 24).contiguous(memory_format=order)
    torch.testing.assert_close(layer(x), plain(x))
    for got, expected in zip(gradients(layer, x), gradients(plain, x), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)


def test_without_need_for_the_gradient_of_the_input_that_of_the_weight_is_still_right():
    torch.manual_seed(0)
    layer = TrainableConv2d(1, 4, 3, padding=1)
    plain = nn.Conv2d(1, 4, 3, padding=1)
    plain.load_state_dict(layer.state_dict())
    x = torch.rand(2, 1, 8, 8)
    layer(x).sum().backward()
    plain(x).sum().backward()
    torch.testing.assert_close(layer.weight.grad, plain.weight.grad)
