"""Batch norms that are put between the layers of a network that has none, so that it can be trained further."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def match_norm(norm: nn.BatchNorm2d, shift: Tensor | float = 0.0) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
    """Make a forward hook on a convolution that fits the norm after it to the convolution's output.

    The norm gets the output's statistics, and a scale and shift that undo the normalization: in evaluation mode it
    adds `shift` and nothing else, in training mode nearly.

    Args:
        norm: Norm of the convolution's output; changed when the convolution runs.
        shift: What it adds to each channel (C,), or to all.
    """

    def hook(_module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> None:
        variance, mean = torch.var_mean(output, dim=(0, 2, 3))
        norm.get_buffer("running_mean").copy_(mean)
        norm.get_buffer("running_var").copy_(variance)
        norm.bias.copy_(mean + shift)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))

    return hook
