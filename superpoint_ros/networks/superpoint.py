"""SuperPoint in PyTorch: a shared encoder, a detector head and a descriptor head; see networks/layers.py."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from superpoint_ros.networks.checkpoint import architecture_of
from superpoint_ros.networks.layers import ARCHITECTURES, ENCODER, LAYERS, POOL_AFTER, RELU_LAYERS, Layers
from superpoint_ros.networks.torch_weights import with_weights
from superpoint_ros.networks.weights_file import Weights


class ChannelAffine(nn.Module):
    """Apply a fixed scale and shift per channel: batch norm at inference, where it cannot be folded away.

    After a ReLU the affine map can neither go back into the convolution before it (the ReLU is in between)
    nor forward into the next one (zero padding would then stand for another value), so it stays.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift the channels of (B, C, H, W)."""
        return torch.addcmul(self.shift[:, None, None], x, self.scale[:, None, None])


class SuperPoint(nn.Module):
    """Encoder of eight 3x3 convolutions with three 2x2 poolings, and two heads at one eighth of the size.

    Args:
        layers: Channels and kernel of each, see networks/layers.py.
        affine: Whether a per-channel affine map follows every ReLU (weights trained with batch norm there).
    """

    def __init__(self, layers: Layers = LAYERS, *, affine: bool = False):
        super().__init__()
        self.layers = layers
        for name, (channels_in, channels_out, kernel) in layers.items():
            self.add_module(name, nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2))
        self.affine = nn.ModuleDict({name: ChannelAffine(layers[name][1]) for name in RELU_LAYERS} if affine else {})

    @classmethod
    def from_weights(cls, weights: Weights) -> SuperPoint:
        """Make a network of a checkpoint's weights, in evaluation mode, float32, on the CPU."""
        affine = any(name.startswith("affine.") for name in weights)
        return with_weights(cls(ARCHITECTURES[architecture_of(weights)], affine=affine), weights)

    def _conv_relu(self, name: str, x: Tensor) -> Tensor:
        x = F.relu(self.get_submodule(name)(x), inplace=True)
        return self.affine[name](x) if name in self.affine else x

    def encode(self, image: Tensor) -> Tensor:
        """Encode float (B, 1, H, W) in [0, 1], H and W multiples of 8, to (B, C, H/8, W/8)."""
        x = image
        for name in ENCODER:
            x = self._conv_relu(name, x)
            if name in POOL_AFTER:
                x = F.max_pool2d(x, 2, 2)
        return x

    def detect(self, encoded: Tensor) -> Tensor:
        """Decode (B, C, h, w) to logits (B, 65, h, w): channel 8 dy + dx of a cell, the last "no keypoint"."""
        logits: Tensor = self.get_submodule("convPb")(self._conv_relu("convPa", encoded))
        return logits

    def describe(self, encoded: Tensor) -> Tensor:
        """Decode (B, C, h, w) to descriptors (B, D, h, w), unit length per cell."""
        return F.normalize(self.get_submodule("convDb")(self._conv_relu("convDa", encoded)), dim=1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map float (B, 1, H, W) in [0, 1] to logits (B, 65, H/8, W/8), unit descriptors (B, D, H/8, W/8)."""
        encoded = self.encode(image)
        return self.detect(encoded), self.describe(encoded)
