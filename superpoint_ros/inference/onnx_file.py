"""Networks as .onnx files, for tools such as TensorRT's trtexec."""

from __future__ import annotations

from pathlib import Path

from onnx import checker

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.core.files import written_whole
from superpoint_ros.inference.graphs import build_d3, build_superpoint
from superpoint_ros.inference.onnx_operations import ONNXOperations
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.d3_checkpoint import NETWORK, load_d3
from superpoint_ros.networks.weights_file import read_weights


def write_onnx(weights: Path, output: Path) -> str:
    """Write the network that a weights file is for, in float32, for images of any size.

    Args:
        weights: Weights file of SuperPoint in any known layout, or of D3.
        output: File to write.

    Returns:
        The network, its inputs and its outputs, for people to read; their meaning is in inference/graphs.py.

    Raises:
        CheckpointError: The weights cannot be used, or the output cannot be written.
        MissingExtraError: A pickled file, and PyTorch is not installed.
    """
    _, metadata, _ = read_weights(weights)
    if metadata.get("network") == NETWORK:
        model = build_d3(ONNXOperations(), load_d3(weights).weights)
    else:
        model = build_superpoint(ONNXOperations(), load_checkpoint(weights).weights)
    checker.check_model(model, full_check=True)
    try:
        with written_whole(output) as beside:
            beside.write_bytes(model.SerializeToString())
    except OSError as error:
        raise CheckpointError(f"'{output}': cannot be written ({error.strerror})") from error
    inputs, outputs = (", ".join(one.name for one in values) for values in (model.graph.input, model.graph.output))
    return f"network {model.graph.name}: {inputs} -> {outputs}"
