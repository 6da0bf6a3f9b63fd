"""Seeded random weights, SuperPoint's in every known layout, so that no test needs a checkpoint."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from superpoint_ros.networks.checkpoint import BATCH_NORM_NAMES, save_checkpoint
from superpoint_ros.networks.d3 import D3, without_batch_norm
from superpoint_ros.networks.d3_checkpoint import save_d3
from superpoint_ros.networks.layers import LAYERS
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.networks.torch_weights import to_weights

# The gain on the detector's last layer spreads its probabilities, so that keypoints stand out as with real weights.
DETECTOR_GAIN = 6.0


def released_weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """A state dict in the released layout."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, (channels_in, channels_out, kernel) in LAYERS.items():
        gain = DETECTOR_GAIN if name == "convPb" else 1.0
        scale = gain * math.sqrt(2.0 / (channels_in * kernel * kernel))
        shape = (channels_out, channels_in, kernel, kernel)
        tensors[f"{name}.weight"] = torch.randn(shape, generator=generator) * scale
        tensors[f"{name}.bias"] = torch.randn(channels_out, generator=generator) * 0.05
    return tensors


def batch_norm_weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """A state dict in the layout with batch norm after every ReLU."""
    generator = torch.Generator().manual_seed(seed + 1)
    tensors = {}
    for key, tensor in released_weights(seed).items():
        layer, kind = key.split(".")
        tensors[f"{BATCH_NORM_NAMES[layer]}.conv.{kind}"] = tensor
    for name, (_, channels, _) in LAYERS.items():
        prefix = f"{BATCH_NORM_NAMES[name]}.bn"
        tensors[f"{prefix}.weight"] = torch.rand(channels, generator=generator) * 1.2 - 0.2
        tensors[f"{prefix}.bias"] = torch.randn(channels, generator=generator) * 0.1
        tensors[f"{prefix}.running_mean"] = torch.randn(channels, generator=generator) * 0.1
        tensors[f"{prefix}.running_var"] = torch.rand(channels, generator=generator) + 0.5
        tensors[f"{prefix}.num_batches_tracked"] = torch.tensor(1000)
    return tensors


def seeded_network(seed: int = 0) -> SuperPoint:
    """A network with released_weights(seed), in evaluation mode."""
    network = SuperPoint()
    network.load_state_dict(released_weights(seed))
    return network.eval().requires_grad_(False)


def seeded_weights_file(folder: Path, seed: int = 0) -> Path:
    """A file of our own layout with released_weights(seed)."""
    path = folder / f"seeded_{seed}.safetensors"
    save_checkpoint(path, to_weights(seeded_network(seed)))
    return path


def seeded_d3(seed: int = 0) -> D3:
    """A D3 network of random weights, batch norm with statistics, in evaluation mode."""
    torch.manual_seed(seed)
    network = D3()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0.0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    torch.nn.init.normal_(network.head.weight, 0.0, 0.02)
    return network.eval().requires_grad_(False)


def seeded_d3_file(folder: Path, seed: int = 0) -> Path:
    """A weights file of seeded_d3(seed)."""
    path = folder / f"seeded_d3_{seed}.safetensors"
    save_d3(path, to_weights(without_batch_norm(seeded_d3(seed))))
    return path
