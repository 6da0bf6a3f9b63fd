"""How a network's layers are quantized to 8 bits: the ranges of what goes into them and of their weights.

A `.safetensors` file beside the weights, made by `superpoint-ros quantize`; for each quantized layer it holds
    <layer>.input_low, <layer>.input_high   range of its input, float32 (1,)
    <layer>.weight_high                     largest absolute weight of each output channel, float32 (C,)
    <layer>.bias                            its bias, corrected for what rounding shifts on average, float32 (C,)
Inputs have ACTIVATION_LEVELS evenly spaced levels, both ends among them; weights WEIGHT_LEVELS, the middle one 0.
"""

from __future__ import annotations

from pathlib import Path

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.weights_file import PRODUCER, Weights, check_shapes, read_weights, write_weights

ACTIVATION_LEVELS = 256
WEIGHT_LEVELS = 255
PARTS = ("input_low", "input_high", "weight_high", "bias")


def load_quantization(path: Path, weights: Weights, weights_sha256: str) -> Weights:
    """Read how weights are quantized.

    Args:
        path: Path of a file that save_quantization wrote.
        weights: Arrays that it is for.
        weights_sha256: Digest of their file.

    Returns:
        Arrays of the weights and of their quantization together, its biases in place of theirs.

    Raises:
        CheckpointError: No such file, not readable, made for other weights, or of other shapes.
    """
    arrays, metadata, _ = read_weights(path)
    if (made_for := metadata.get("weights_sha256", "no weights")) != weights_sha256:
        raise CheckpointError(f"quantization '{path}': made for weights {made_for}, not for {weights_sha256}")
    layers = {name.rpartition(".")[0] for name in arrays}
    if strangers := sorted(layer for layer in layers if f"{layer}.bias" not in weights):
        raise CheckpointError(f"quantization '{path}': the network has no layer '{strangers[0]}'")
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in layers:
        channels = weights[f"{layer}.bias"].shape
        shapes |= dict(zip((f"{layer}.{part}" for part in PARTS), ((1,), (1,), channels, channels), strict=True))
    check_shapes(path, arrays, shapes, "the quantization")
    return {**weights, **arrays}


def save_quantization(path: Path, arrays: Weights, weights_sha256: str) -> str:
    """Write a quantization with the digest of the weights it is for; returns the file's sha256."""
    return write_weights(path, arrays, {"producer": PRODUCER, "weights_sha256": weights_sha256})
