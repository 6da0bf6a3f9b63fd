"""Convert a weights file to .safetensors, which is read without PyTorch, or to .onnx, which other tools run."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the paths."""
    weights = "weights of SuperPoint in any known layout: .pth, .pt, .safetensors; to .onnx also the densifier's"
    parser.add_argument("weights", type=Path, help=weights)
    parser.add_argument("output", type=Path, help="file to write: .safetensors, or .onnx (float32, images of any size)")


def run(arguments: argparse.Namespace) -> int:
    """Check the weights and write them, to .safetensors in the layout they have.

    Raises:
        CheckpointError: The weights cannot be used, or the output cannot be written.
        MissingExtraError: PyTorch is not installed.
        ParameterError: The output has another suffix.
    """
    from superpoint_ros.core.errors import ParameterError

    writers = {".safetensors": _write_safetensors, ".onnx": _write_onnx}
    if arguments.output.suffix not in writers:
        raise ParameterError(f"{arguments.output}: the name must end in {' or '.join(writers)}")
    print(writers[arguments.output.suffix](arguments.weights, arguments.output))
    return 0


def _write_safetensors(path: Path, output: Path) -> str:
    from superpoint_ros.networks.checkpoint import load_checkpoint
    from superpoint_ros.networks.weights_file import read_weights, write_weights

    layout = load_checkpoint(path).layout
    weights, metadata, _ = read_weights(path)
    return f"{output} layout {layout} sha256 {write_weights(output, weights, metadata)}"


def _write_onnx(path: Path, output: Path) -> str:
    from superpoint_ros.inference.onnx_file import write_onnx

    return f"{output} {write_onnx(path, output)}"
