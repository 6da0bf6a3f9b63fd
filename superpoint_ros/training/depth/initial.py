"""Weights from which D3's training starts: those of another run, or of a weights file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.d3 import D3, ConvUnit
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.training.batch_norm import match_norm
from superpoint_ros.training.export import load_trained_state


def load_initial_weights(network: D3, path: Path, rgb: Tensor, hints: Tensor) -> None:
    """Give a network the weights of a run's `last.ckpt` or of a `.safetensors` file.

    Args:
        network: Network to be trained, with batch norm; changed in place.
        path: File of the weights.
        rgb: Typical training images, see D3.forward, by which batch norms are fitted to weights without.
        hints: Their hints.

    Raises:
        CheckpointError: The file cannot be read, or is not of D3.
    """
    if path.suffix == ".safetensors":
        unfold_batch_norm(network, D3.from_weights(load_d3(path).weights), rgb, hints)
        return
    try:
        network.load_state_dict(load_trained_state(path))
    except RuntimeError as error:
        raise CheckpointError(f"'{path}' is not the checkpoint of a training run of D3") from error


@torch.no_grad()
def unfold_batch_norm(network: D3, plain: D3, rgb: Tensor, hints: Tensor) -> None:
    """Have a network with batch norm compute what one without computes; the inverse of `without_batch_norm`.

    Each norm gets the statistics of its convolution's output on the images, and a scale and shift that undo the
    normalization: in evaluation mode nothing changes, in training mode little.

    Args:
        network: Network with batch norm; changed in place.
        plain: Network without, as read from a weights file.
        rgb: Typical training images, see D3.forward.
        hints: Their hints.
    """
    network.head.load_state_dict(plain.head.state_dict())
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, ConvUnit):
            convolution, norm, source = module[0], module[1], plain.get_submodule(f"{name}.0")
            assert isinstance(norm, nn.BatchNorm2d)
            convolution.get_parameter("weight").copy_(source.get_parameter("weight"))
            hooks.append(convolution.register_forward_hook(match_norm(norm, source.get_parameter("bias"))))
    training = network.training
    network.eval()(rgb, hints)
    network.train(training)
    for hook in hooks:
        hook.remove()
