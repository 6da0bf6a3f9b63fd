"""SuperPoint with batch norm between every convolution and its ReLU, for training; it folds away exactly.

The released layout has no batch norm, and detectors learn slowly without. A norm placed before the ReLU is an affine
map of the convolution's output, so at inference it is part of that convolution's weight and bias.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from superpoint_ros.networks.superpoint import LAYERS, RECTIFIED, SuperPoint


class SuperPointBN(SuperPoint):
    """The same layers as SuperPoint, and a batch norm `norm.<layer>` for each rectified one."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.ModuleDict({name: nn.BatchNorm2d(LAYERS[name][1]) for name in RECTIFIED})

    def norms(self) -> list[tuple[str, nn.BatchNorm2d]]:
        """Each rectified layer's name with its batch norm."""
        return [(name, cast(nn.BatchNorm2d, norm)) for name, norm in self.norm.items()]

    def _rectified(self, name: str, x: Tensor) -> Tensor:
        return F.relu(self.norm[name](self.get_submodule(name)(x)), inplace=True)


class MagicPointBN(SuperPointBN):
    """The same parameters, of which the encoder and the detector head alone are used and trained."""

    def __init__(self) -> None:
        super().__init__()
        for module in (self.convDa, self.convDb, self.norm["convDa"]):
            module.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:  # type: ignore[override]
        """float (B, 1, H, W) in [0, 1] -> logits (B, 65, H/8, W/8)."""
        return self.detect(self.encode(image))


def _buffer(value: Tensor | None) -> Tensor:
    assert value is not None  # these norms track their statistics
    return value


@torch.no_grad()
def fold_batch_norm(network: SuperPointBN) -> SuperPoint:
    """The plain network that computes, at inference, what the trained one does, with its batch norms folded in."""
    state = {
        name: value.detach().clone() for name, value in network.state_dict().items() if not name.startswith("norm.")
    }
    for name, norm in network.norms():
        scale = norm.weight / torch.sqrt(_buffer(norm.running_var) + norm.eps)
        state[f"{name}.weight"] = state[f"{name}.weight"] * scale[:, None, None, None]
        state[f"{name}.bias"] = (state[f"{name}.bias"] - _buffer(norm.running_mean)) * scale + norm.bias
    plain = SuperPoint()
    plain.load_state_dict(state)
    return plain.eval()
