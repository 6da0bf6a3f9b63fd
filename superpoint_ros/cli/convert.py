"""Convert a pickled weights file to .safetensors, which is read without PyTorch."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the paths."""
    parser.add_argument("weights", type=Path, help="weights of SuperPoint in any known layout: .pth, .pt, .safetensors")
    parser.add_argument("output", type=Path, help="file to write: .safetensors")


def run(arguments: argparse.Namespace) -> int:
    """Check the weights and write them in the layout they have.

    Raises:
        CheckpointError: The weights cannot be used, or the output cannot be written.
        MissingExtraError: PyTorch is not installed.
        ParameterError: The output has another suffix.
    """
    from superpoint_ros.core.errors import ParameterError
    from superpoint_ros.networks.checkpoint import load_checkpoint
    from superpoint_ros.networks.weights_file import read_weights, write_weights

    if arguments.output.suffix != ".safetensors":
        raise ParameterError(f"{arguments.output}: the name must end in .safetensors")
    layout = load_checkpoint(arguments.weights).layout
    weights, metadata, _ = read_weights(arguments.weights)
    sha256 = write_weights(arguments.output, weights, metadata)
    print(f"{arguments.output} layout {layout} sha256 {sha256}")
    return 0
