"""Post-training quantization of SuperPoint to 8 bits on real images, by NNCF.

NNCF finds the range of what goes into each layer, the scale of each output channel's weights, and what rounding shifts
a layer's output by on average; only these are kept, see networks/quantization_file.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nncf
import numpy as np
from openvino import Model

from superpoint_ros.core.decode_options import CELL_SIZE
from superpoint_ros.core.image import fit_within, pad_to_multiple, resize_image
from superpoint_ros.inference.graphs import build_superpoint
from superpoint_ros.inference.openvino_operations import OpenVINOOperations
from superpoint_ros.networks.checkpoint import architecture_of, load_checkpoint
from superpoint_ros.networks.layers import Architecture
from superpoint_ros.networks.quantization_file import WEIGHT_LEVELS, save_quantization
from superpoint_ros.networks.weights_file import check_suffix
from superpoint_ros.training.superpoint.images import find_images, read_gray

# The first layer costs little and loses most: SuperPoint's alone moves every ninth keypoint.
KEPT_IN_FLOAT: dict[Architecture, tuple[str, ...]] = {
    "superpoint": ("conv1a",),
    "superpoint_lite": ("conv1a", "conv1b"),
}
IMAGE_SIZE = 320  # pixels, the longer side


def quantize(weights: Path, images: Path, output: Path, count: int) -> str:
    """Quantize the layers of SuperPoint and write how.

    Args:
        weights: Weights file of any known layout.
        images: Folder of images like those that the network will see.
        output: File to write (.safetensors).
        count: Number of images that are used, evenly spread over the folder.

    Returns:
        sha256 of the written file.

    Raises:
        CheckpointError: The weights cannot be used, or the output cannot be written.
        DatasetError: The folder holds no images.
    """
    check_suffix(output)
    checkpoint = load_checkpoint(weights)
    paths = find_images(images)
    chosen = [images / paths[index] for index in np.unique(np.linspace(0, len(paths) - 1, count).round().astype(int))]
    kept = KEPT_IN_FLOAT[architecture_of(checkpoint.weights)]
    quantized = nncf.quantize(
        build_superpoint(OpenVINOOperations(), checkpoint.weights),
        nncf.Dataset(chosen, _input),
        subset_size=len(chosen),
        preset=nncf.QuantizationPreset.PERFORMANCE,
        ignored_scope=nncf.IgnoredScope(names=list(kept)),
    )
    return save_quantization(output, _read_off(quantized), checkpoint.sha256)


def _input(path: Path) -> np.ndarray:
    """Read an image as the network takes it, uint8 (1, 1, H, W): cut to whole cells, or padded to the first."""
    gray = read_gray(path)
    shrunk = resize_image(gray, fit_within((gray.shape[0], gray.shape[1]), IMAGE_SIZE))
    if min(shrunk.shape) < CELL_SIZE:
        shrunk = pad_to_multiple(shrunk, CELL_SIZE)
    height, width = (side // CELL_SIZE * CELL_SIZE for side in shrunk.shape)
    return np.ascontiguousarray(shrunk[None, None, :height, :width])


def _read_off(model: Model) -> dict[str, np.ndarray]:
    """Collect ranges, scales and corrected biases of the convolutions that are quantized."""
    arrays: dict[str, np.ndarray] = {}
    for convolution in model.get_ops():
        if convolution.get_type_name() != "Convolution":
            continue
        source = _source(convolution, 0)
        if source.get_type_name() == "MaxPool":  # quantizing commutes with taking the largest
            source = _source(source, 0)
        if source.get_type_name() != "FakeQuantize":
            continue
        (sum_with_bias,) = (target.get_node() for target in convolution.output(0).get_target_inputs())
        bias = _values(sum_with_bias, 1)
        steps = np.abs(_values(_source(convolution, 1), 1))
        name = convolution.get_friendly_name()
        arrays |= {
            f"{name}.input_low": _values(source, 1)[:1],
            f"{name}.input_high": _values(source, 2)[:1],
            f"{name}.weight_high": np.broadcast_to(steps * (WEIGHT_LEVELS // 2), bias.shape).copy(),
            f"{name}.bias": bias,
        }
    return arrays


def _source(node: Any, index: int) -> Any:
    return node.input_value(index).get_node()


def _values(node: Any, index: int) -> np.ndarray:
    values: np.ndarray = np.asarray(_source(node, index).data, np.float32).ravel()
    return values
