"""Weights from which a stage starts: those of another run, or of a weights file."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.training.export import load_trained_state
from superpoint_ros.training.superpoint.batch_norm import SuperPointBN, unfold_batch_norm


def load_initial_weights(network: SuperPointBN, path: Path, images: Tensor) -> None:
    """Give a network the weights of a run's `last.ckpt` or of a `.safetensors` file in the package layout.

    The latter has no batch norms: theirs are fitted to the images, and change nothing that the network computes.

    Args:
        network: Network to be trained; changed in place.
        path: File of the weights, of MagicPoint or SuperPoint.
        images: Typical training images, float (B, 1, H, W) in [0, 1], H and W multiples of 8.

    Raises:
        CheckpointError: The file cannot be read, or is of another architecture.
    """
    if path.suffix == ".safetensors":
        plain = SuperPoint.from_weights(load_checkpoint(path).weights)
        if plain.layers != network.layers:
            raise CheckpointError(f"weights '{path}' are not of the architecture that is trained")
        state = unfold_batch_norm(plain, images).state_dict()
    else:
        state = load_trained_state(path)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(f"'{path}' is not of the architecture that is trained") from error
