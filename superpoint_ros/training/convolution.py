"""Convolutions whose weight gradient is computed in the memory order that suits it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_WEIGHT_AND_BIAS = [False, True, True]
_INPUT = [True, False, False]
_HAS_AVX512 = torch.backends.cpu.get_cpu_capability() == "AVX512"


class TrainableConv2d(nn.Conv2d):
    """Convolve with stride 1, faster in training on CPUs without AVX-512; everywhere else a plain `nn.Conv2d`.

    In float32 and channels-last order the outputs and the gradient of the input are fastest, but oneDNN's AVX2 kernel
    for the gradient of the weights is two to five times slower there than on contiguous copies of the same tensors.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return what `nn.Conv2d` does: (B, C, H, W) -> (B, D, H, W)."""
        slow = x.device.type == "cpu" and not (_HAS_AVX512 or torch.is_autocast_enabled("cpu"))
        if slow and self.weight.requires_grad:
            output: Tensor = _Convolution.apply(x, self.weight, self.bias, self.padding)  # type: ignore[no-untyped-call]
            return output
        return super().forward(x)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding = padding
        return torch.conv2d(x, weight, bias, padding=padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:
        x, weight = ctx.saved_tensors
        options = ([len(weight)], [1, 1], ctx.padding, [1, 1], False, [0, 0], 1)
        backward = torch.ops.aten.convolution_backward
        of_input = backward(gradients[0], x, weight, *options, _INPUT)[0] if ctx.needs_input_grad[0] else None
        contiguous = (tensor.contiguous() for tensor in (gradients[0], x, weight))
        _, of_weight, of_bias = backward(*contiguous, *options, _WEIGHT_AND_BIAS)
        return of_input, of_weight, of_bias, None
