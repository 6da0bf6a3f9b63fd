"""SuperPoint with batch norm between every convolution and its ReLU, for training; it folds away exactly.

The released layout has no batch norm, and detectors learn slowly without. A norm placed before the ReLU is an affine
map of the convolution's output, so at inference it is part of that convolution's weight and bias.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from superpoint_ros.networks.layers import ENCODER, LAYERS, RELU_LAYERS, Layers
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.training.batch_norm import match_norm
from superpoint_ros.training.convolution import TrainableConv2d


class SuperPointBN(SuperPoint):
    """Have the layers of SuperPoint, and a batch norm `norm.<layer>` for each that has a ReLU.

    Args:
        layers: Channels and kernel of each, see networks/layers.py.
    """

    def __init__(self, layers: Layers = LAYERS) -> None:
        super().__init__(layers)
        for name, (channels_in, channels_out, kernel) in layers.items():
            self.add_module(name, TrainableConv2d(channels_in, channels_out, kernel, padding=kernel // 2))
        self.norm = nn.ModuleDict({name: nn.BatchNorm2d(layers[name][1]) for name in RELU_LAYERS})
        self._frozen: tuple[str, ...] = ()

    def norms(self) -> list[tuple[str, nn.BatchNorm2d]]:
        """List each ReLU layer's name with its batch norm."""
        return [(name, cast(nn.BatchNorm2d, norm)) for name, norm in self.norm.items()]

    def freeze(self, layers: int) -> None:
        """Keep the weights and statistics of the encoder's first `layers` layers as they are, in training too.

        Half of a training step's time goes into the first two layers, which change least.
        """
        self._frozen = ENCODER[:layers]
        for name in self._frozen:
            self.get_submodule(name).requires_grad_(False)
            self.norm[name].requires_grad_(False)

    def _conv_relu(self, name: str, x: Tensor) -> Tensor:
        if name in self._frozen:
            return F.relu(F.conv2d(x, *self.folded(name), padding=1), inplace=True)
        return F.relu(self.norm[name](self.get_submodule(name)(x)), inplace=True)

    @torch.no_grad()
    def folded(self, name: str) -> tuple[Tensor, Tensor]:
        """Return the weight and bias that do what a layer's convolution and batch norm do at inference."""
        convolution, norm = cast(nn.Conv2d, self.get_submodule(name)), cast(nn.BatchNorm2d, self.norm[name])
        scale = norm.weight / torch.sqrt(_buffer(norm.running_var) + norm.eps)
        weight = convolution.weight * scale[:, None, None, None]
        return weight, (_buffer(convolution.bias) - _buffer(norm.running_mean)) * scale + norm.bias


class MagicPointBN(SuperPointBN):
    """Have the same parameters, of which the encoder and the detector head alone are used and trained."""

    def __init__(self) -> None:
        super().__init__()
        for module in (self.convDa, self.convDb, self.norm["convDa"]):
            module.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:  # type: ignore[override]
        """Compute float (B, 1, H, W) in [0, 1] -> logits (B, 65, H/8, W/8)."""
        return self.detect(self.encode(image))


def _buffer(value: Tensor | None) -> Tensor:
    assert value is not None  # these convolutions have biases, these norms track their statistics
    return value


@torch.no_grad()
def fold_batch_norm(network: SuperPointBN) -> SuperPoint:
    """Return the plain network that computes, at inference, what the trained one does, its batch norms folded in."""
    state = {
        name: value.detach().clone() for name, value in network.state_dict().items() if not name.startswith("norm.")
    }
    for name, _ in network.norms():
        state[f"{name}.weight"], state[f"{name}.bias"] = network.folded(name)
    plain = SuperPoint(network.layers)
    plain.load_state_dict(state)
    return plain.eval()


@torch.no_grad()
def unfold_batch_norm(network: SuperPoint, images: Tensor) -> SuperPointBN:
    """Insert batch norms into a plain network so that it can be trained further; the inverse of `fold_batch_norm`.

    Each norm's statistics are those of its convolution's output on `images`, and its scale and shift undo the
    normalization: in evaluation mode the result computes exactly what `network` does, in training mode nearly.

    Args:
        network: Network without affine maps, as read from the package layout.
        images: Typical training images, float (B, 1, H, W) in [0, 1], H and W multiples of 8.

    Raises:
        ValueError: `network` has affine maps.
    """
    if len(network.affine):
        raise ValueError("a network with affine maps cannot be given batch norms")
    unfolded = SuperPointBN(network.layers)
    unfolded.load_state_dict(network.state_dict(), strict=False)
    hooks = [unfolded.get_submodule(name).register_forward_hook(match_norm(norm)) for name, norm in unfolded.norms()]
    unfolded.eval()(images)
    for hook in hooks:
        hook.remove()
    return unfolded
