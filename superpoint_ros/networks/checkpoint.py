"""Weights of SuperPoint: reading every known layout, and writing our own; as NumPy arrays, without PyTorch.

Layouts, told apart by their keys and by the file's metadata:
    superpoint_ros  ours: `.safetensors` with the keys of the released layout and metadata that names the producer.
    released        the paper's release: `conv1a.weight` ... `convDb.bias`.
    batch_norm      the MIT-licensed port: `backbone.0.0.conv.weight`, `...bn.running_mean` ...; after the ReLU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superpoint_ros.core.decode_options import FIRST_CELL_CENTER, DescriptorSampling
from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.layers import ARCHITECTURES, LAYERS, RELU_LAYERS, Architecture, Layers
from superpoint_ros.networks.weights_file import PRODUCER, Weights, check_shapes, read_weights, write_weights

BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_NAMES = {
    "conv1a": "backbone.0.0", "conv1b": "backbone.0.1", "conv2a": "backbone.1.0", "conv2b": "backbone.1.1",
    "conv3a": "backbone.2.0", "conv3b": "backbone.2.1", "conv4a": "backbone.3.0", "conv4b": "backbone.3.1",
    "convPa": "detector.0", "convPb": "detector.1", "convDa": "descriptor.0", "convDb": "descriptor.1",
}  # fmt: skip
DEFAULT_SAMPLING = {"released": "magicleap", "batch_norm": "exact"}


@dataclass(frozen=True)
class Checkpoint:
    """Hold a weights file, read and checked.

    Attributes:
        weights: Arrays float32 by the released names, "conv1a.weight" ... "convDb.bias"; where batch norm follows the
            ReLU, also "affine.<layer>.scale" and "affine.<layer>.shift".
        layout: Layout of the file: "superpoint_ros", "released" or "batch_norm".
        descriptor_sampling: Sampling that its descriptors want, see core/decode_options.py.
        sha256: Digest of the file, 64 hexadecimal digits.
    """

    weights: Weights
    layout: str
    descriptor_sampling: DescriptorSampling
    sha256: str


def load_checkpoint(path: str | Path, sha256: str | None = None) -> Checkpoint:
    """Read a `.safetensors`, `.pth` or `.pt` file of any known layout.

    Args:
        path: Path of the file. Pickled files are read with `weights_only=True`: no code in them is run.
        sha256: Digest that the file must have; None accepts any.

    Raises:
        CheckpointError: No such file, not readable, another digest, an unknown layout, a missing, misshapen or
            unknown key; the message names the key and both shapes.
        MissingExtraError: A pickled file, and PyTorch is not installed.
    """
    path = Path(path)
    weights, metadata, digest = read_weights(path, sha256)
    layout = _layout(path, weights, metadata)
    if layout == "batch_norm":
        check_shapes(path, weights, _batch_norm_shapes(), "SuperPoint", ignore="num_batches_tracked")
        weights = _without_batch_norm(weights)
    else:
        check_shapes(path, weights, _shapes(ARCHITECTURES[architecture_of(weights)]), "SuperPoint")
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    sampling = metadata.get("sampling") or DEFAULT_SAMPLING.get(layout)
    if sampling not in FIRST_CELL_CENTER:
        known = ", ".join(FIRST_CELL_CENTER)
        raise CheckpointError(f"weights '{path}': sampling {sampling!r} in its metadata is not one of {known}")
    return Checkpoint(weights, layout, sampling, digest)


def save_checkpoint(path: str | Path, weights: Weights) -> str:
    """Write weights in our layout, their sampling marked "exact"; returns the file's sha256.

    Raises:
        CheckpointError: Weights with affine maps, which have no place in this layout, or of other shapes.
    """
    check_shapes(Path(path), weights, _shapes(ARCHITECTURES[architecture_of(weights)]), "SuperPoint")
    return write_weights(path, weights, {"producer": PRODUCER, "sampling": "exact"})


def architecture_of(weights: Weights) -> Architecture:
    """Tell the architecture by the channels of its first layer; the paper's where no other is known by them."""
    channels = len(weights["conv1a.bias"]) if "conv1a.bias" in weights else 0
    known: Iterator[Architecture] = (name for name in ARCHITECTURES if ARCHITECTURES[name]["conv1a"][1] == channels)
    return next(known, "superpoint")


def _layout(path: Path, weights: Weights, metadata: dict[str, str]) -> str:
    if metadata.get("producer") == PRODUCER:
        return "superpoint_ros"
    if any(key.startswith(("backbone.", "detector.", "descriptor.")) for key in weights):
        return "batch_norm"
    if any(key.startswith("conv") for key in weights):
        return "released"
    raise CheckpointError(
        f"weights '{path}': unknown layout (first keys: {', '.join(list(weights)[:3]) or 'none'}); expected "
        f"'conv1a.weight' ... or 'backbone.0.0.conv.weight' ..."
    )


def _shapes(layers: Layers) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (channels_in, channels_out, kernel) in layers.items():
        shapes[f"{name}.weight"] = (channels_out, channels_in, kernel, kernel)
        shapes[f"{name}.bias"] = (channels_out,)
    return shapes


def _batch_norm_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for key, shape in _shapes(LAYERS).items():
        layer, kind = key.split(".")
        shapes[f"{BATCH_NORM_NAMES[layer]}.conv.{kind}"] = shape
        for statistic in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{BATCH_NORM_NAMES[layer]}.bn.{statistic}"] = shape[:1]
    return shapes


def _without_batch_norm(weights: Weights) -> dict[str, np.ndarray]:
    """Turn batch norm into a scale and shift of channels: kept after a ReLU, folded where there is none."""
    converted: dict[str, np.ndarray] = {}
    for name, prefix in BATCH_NORM_NAMES.items():
        mean, variance = (weights[f"{prefix}.bn.running_{kind}"].astype(np.float64) for kind in ("mean", "var"))
        scale = weights[f"{prefix}.bn.weight"] / np.sqrt(variance + BATCH_NORM_EPSILON)
        shift = weights[f"{prefix}.bn.bias"] - mean * scale
        weight, bias = (weights[f"{prefix}.conv.{kind}"].astype(np.float64) for kind in ("weight", "bias"))
        if name in RELU_LAYERS:
            converted[f"affine.{name}.scale"], converted[f"affine.{name}.shift"] = scale, shift
        else:
            weight, bias = weight * scale[:, None, None, None], bias * scale + shift
        converted[f"{name}.weight"], converted[f"{name}.bias"] = weight, bias
    return converted
