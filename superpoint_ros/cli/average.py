"""Average weights of several training runs."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the weights and the file to write."""
    parser.add_argument(
        "weights", type=Path, nargs="+", metavar="WEIGHTS", help="at least two .safetensors files of one network"
    )
    parser.add_argument("--output", type=Path, required=True, help="file to write: .safetensors")


def run(arguments: argparse.Namespace) -> int:
    """Write the mean of the weights.

    Raises:
        CheckpointError: The files are not of one network, or cannot be read or written.
        ParameterError: Fewer than two files.
    """
    from superpoint_ros.core.errors import ParameterError
    from superpoint_ros.networks.averaging import average_weights

    if len(arguments.weights) < 2:
        raise ParameterError(f"'{arguments.weights[0]}' alone has no mean: give the weights of at least two runs")
    sha256 = average_weights(arguments.weights, arguments.output)
    print(f"{arguments.output} sha256 {sha256}")
    return 0
