"""Quantize weights to 8 bits, for processors."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add weights, images and the file to write."""
    parser.add_argument("--weights", type=Path, required=True, help="weights of SuperPoint")
    parser.add_argument(
        "--images", type=Path, required=True, help="folder of images like those that the network will see"
    )
    parser.add_argument("--output", type=Path, required=True, help="file to write: .safetensors")
    parser.add_argument("--count", type=int, default=60, help="number of images to use (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Write how the layers are quantized; a model file names it as its `quantization`.

    Raises:
        CheckpointError: The weights cannot be used, or the output cannot be written.
        DatasetError: The folder holds no images.
        ParameterError: A count below 1.
    """
    from superpoint_ros.core.errors import ParameterError
    from superpoint_ros.training.quantization import quantize

    if arguments.count < 1:
        raise ParameterError(f"--count {arguments.count}: must be at least 1")
    sha256 = quantize(arguments.weights, arguments.images, arguments.output, arguments.count)
    print(f"{arguments.output} sha256 {sha256}")
    return 0
