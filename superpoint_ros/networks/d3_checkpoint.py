"""Weights files of D3: our own `.safetensors`, batch norm folded in, metadata {"network": "d3"}."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.d3 import D3, without_batch_norm
from superpoint_ros.networks.weights_file import check_shapes, read_weights, write_weights

NETWORK = "d3"


@dataclass(frozen=True)
class D3Checkpoint:
    """Hold a weights file, read and checked.

    Attributes:
        network: Network in evaluation mode, float32, on the CPU.
        sha256: Digest of the file, 64 hexadecimal digits.
    """

    network: D3
    sha256: str


def load_d3(path: str | Path, sha256: str | None = None) -> D3Checkpoint:
    """Read D3's weights.

    Args:
        path: Path of a file that save_d3 wrote.
        sha256: Digest that the file must have; None accepts any.

    Raises:
        CheckpointError: No such file, not readable, another digest, weights of another network, a missing,
            misshapen or unknown key.
    """
    path = Path(path)
    tensors, metadata, digest = read_weights(path, sha256)
    if metadata.get("network") != NETWORK:
        raise CheckpointError(f"weights '{path}': not those of the densifier (no network '{NETWORK}' in its metadata)")
    network = D3(batch_norm=False)
    check_shapes(path, tensors, {key: tuple(value.shape) for key, value in network.state_dict().items()}, "D3")
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return D3Checkpoint(network.eval().requires_grad_(False), digest)


def save_d3(path: str | Path, network: D3, dtype: torch.dtype = torch.float32) -> str:
    """Write a network as it was trained, its batch norms folded in; returns the file's sha256."""
    return write_weights(path, without_batch_norm(network).state_dict(), {"network": NETWORK}, dtype)
