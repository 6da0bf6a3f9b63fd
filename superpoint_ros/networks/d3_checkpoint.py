"""Weights files of D3: our own `.safetensors`, batch norm folded in, metadata {"network": "d3"}; without PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.d3_layers import d3_shapes
from superpoint_ros.networks.weights_file import PRODUCER, Weights, check_shapes, read_weights, write_weights

NETWORK = "d3"


@dataclass(frozen=True)
class D3Checkpoint:
    """Hold a weights file, read and checked.

    Attributes:
        weights: Arrays float32 by name, see networks/d3_layers.py.
        sha256: Digest of the file, 64 hexadecimal digits.
    """

    weights: Weights
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
    weights, metadata, digest = read_weights(path, sha256)
    if metadata.get("network") != NETWORK:
        raise CheckpointError(f"weights '{path}': not those of the densifier (no network '{NETWORK}' in its metadata)")
    check_shapes(path, weights, d3_shapes(), "D3")
    return D3Checkpoint({name: array.astype(np.float32) for name, array in weights.items()}, digest)


def save_d3(path: str | Path, weights: Weights) -> str:
    """Write weights without batch norm; returns the file's sha256.

    Raises:
        CheckpointError: Weights of other shapes.
    """
    check_shapes(Path(path), weights, d3_shapes(), "D3")
    return write_weights(path, weights, {"producer": PRODUCER, "network": NETWORK})
