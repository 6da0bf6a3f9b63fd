"""Weights files: reading every known layout of SuperPoint, and writing our own. Nothing is ever downloaded.

Layouts, told apart by their keys and by the file's metadata:
    superpoint_ros  ours: `.safetensors` with the keys of the released layout and metadata that names the producer.
    released        the paper's release: `conv1a.weight` ... `convDb.bias`.
    batch_norm      the MIT-licensed port: `backbone.0.0.conv.weight`, `...bn.running_mean` ...; after the ReLU.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from superpoint_ros.core.decode_options import FIRST_CELL_CENTER, DescriptorSampling
from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.superpoint import LAYERS, RELU_LAYERS, SuperPoint
from superpoint_ros.networks.weights_file import PRODUCER, check_shapes, read_weights, write_weights

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
        network: Network in evaluation mode, float32, on the CPU.
        layout: Layout of the file: "superpoint_ros", "released" or "batch_norm".
        descriptor_sampling: Sampling that its descriptors want, see core/decode_options.py.
        sha256: Digest of the file, 64 hexadecimal digits.
    """

    network: SuperPoint
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
    """
    path = Path(path)
    tensors, metadata, digest = read_weights(path, sha256)
    layout = _layout(path, tensors, metadata)
    if layout == "batch_norm":
        check_shapes(path, tensors, _batch_norm_shapes(), "SuperPoint", ignore="num_batches_tracked")
        tensors = _without_batch_norm(tensors)
    else:
        check_shapes(path, tensors, _released_shapes(), "SuperPoint")
    network = SuperPoint(affine=layout == "batch_norm")
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    sampling = metadata.get("sampling") or DEFAULT_SAMPLING[layout]
    if sampling not in FIRST_CELL_CENTER:
        raise CheckpointError(f"weights '{path}': unknown sampling {sampling!r} in its metadata")
    return Checkpoint(network.eval().requires_grad_(False), layout, sampling, digest)


def save_checkpoint(path: str | Path, network: SuperPoint, dtype: torch.dtype = torch.float32) -> str:
    """Write a network without affine maps in our layout, its sampling marked "exact"; returns the file's sha256."""
    if len(network.affine):
        raise CheckpointError(f"weights '{path}': a network with affine maps has no place in this layout")
    return write_weights(path, network.state_dict(), {"sampling": "exact"}, dtype)


def _layout(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    if metadata.get("producer") == PRODUCER:
        return "superpoint_ros"
    if any(key.startswith(("backbone.", "detector.", "descriptor.")) for key in tensors):
        return "batch_norm"
    if any(key.startswith("conv") for key in tensors):
        return "released"
    raise CheckpointError(
        f"weights '{path}': unknown layout (first keys: {', '.join(list(tensors)[:3]) or 'none'}); expected "
        f"'conv1a.weight' ... or 'backbone.0.0.conv.weight' ..."
    )


def _released_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (channels_in, channels_out, kernel) in LAYERS.items():
        shapes[f"{name}.weight"] = (channels_out, channels_in, kernel, kernel)
        shapes[f"{name}.bias"] = (channels_out,)
    return shapes


def _batch_norm_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for key, shape in _released_shapes().items():
        layer, kind = key.split(".")
        shapes[f"{BATCH_NORM_NAMES[layer]}.conv.{kind}"] = shape
        for statistic in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{BATCH_NORM_NAMES[layer]}.bn.{statistic}"] = shape[:1]
    return shapes


def _without_batch_norm(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Turn batch norm into a scale and shift of channels: kept after a ReLU, folded where there is none."""
    converted: dict[str, Tensor] = {}
    for name, prefix in BATCH_NORM_NAMES.items():
        mean, variance = (tensors[f"{prefix}.bn.running_{kind}"].double() for kind in ("mean", "var"))
        scale = tensors[f"{prefix}.bn.weight"].double() / torch.sqrt(variance + BATCH_NORM_EPSILON)
        shift = tensors[f"{prefix}.bn.bias"].double() - mean * scale
        weight, bias = tensors[f"{prefix}.conv.weight"].double(), tensors[f"{prefix}.conv.bias"].double()
        if name in RELU_LAYERS:
            converted[f"affine.{name}.scale"], converted[f"affine.{name}.shift"] = scale, shift
        else:
            weight, bias = weight * scale[:, None, None, None], bias * scale + shift
        converted[f"{name}.weight"], converted[f"{name}.bias"] = weight, bias
    return converted
