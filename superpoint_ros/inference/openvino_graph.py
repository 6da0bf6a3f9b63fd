"""The networks as OpenVINO graphs, built from arrays: neither PyTorch nor an exchange format is needed.

A layer is quantized where the arrays say how: "<layer>.input_low" and "<layer>.input_high" are the range of what goes
into it, "<layer>.weight_high" (one value per output channel) that of its weights; see inference/quantization.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from openvino import Model
from openvino import opset13 as ops

from superpoint_ros.networks.d3_layers import (
    BOTTLENECK,
    GROWING,
    HINTS,
    LAYERS,
    LOG_SPREAD_RANGE,
    REACH,
    SHRINKING,
    SKIPS,
)  # fmt: skip
from superpoint_ros.networks.layers import ENCODER, POOL_AFTER
from superpoint_ros.networks.weights_file import Weights

ACTIVATION_LEVELS = 256
WEIGHT_LEVELS = 255


def build_superpoint(weights: Weights) -> Model:
    """Build the network (SuperPoint paper, section 3) for batches and images of any size.

    Args:
        weights: Arrays of a checkpoint, see networks/checkpoint.py.

    Returns:
        A model with the input uint8 (B, 1, H, W), H and W multiples of 8, and two outputs: the probabilities
        float32 (B, 65, H/8, W/8) of each cell's pixels and of "no keypoint", and the descriptors float32
        (B, H/8, W/8, 256), unit length per cell.
    """
    image = ops.parameter([-1, 1, -1, -1], np.uint8, name="image")
    encoded: Any = ops.multiply(ops.convert(image, "f32"), _constant(1 / 255))
    for name in ENCODER:
        encoded = _convolve_relu(encoded, weights, name)
        if name in POOL_AFTER:
            # Rounding before pooling comes to the same as after it, and bytes are pooled faster than floats.
            encoded = _quantize(encoded, weights, ENCODER[ENCODER.index(name) + 1])
            encoded = ops.max_pool(encoded, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
    logits = _convolve(_convolve_relu(encoded, weights, "convPa"), weights, "convPb")
    dense = _convolve(_convolve_relu(encoded, weights, "convDa"), weights, "convDb")
    unit = ops.normalize_l2(dense, _integers(1), 1e-12, "max")
    return Model([ops.softmax(logits, 1), ops.transpose(unit, _integers(0, 2, 3, 1))], [image], "superpoint")


def build_d3(weights: Weights) -> Model:
    """Build the network of networks/d3.py for images of any size.

    Args:
        weights: Arrays of a checkpoint, see networks/d3_checkpoint.py.

    Returns:
        A model with the inputs uint8 (B, 3, H, W), red first, and hints float32 (B, 4, H, W), H and W multiples of 32,
        and two outputs: log depth over the hints' scale and log of the spread of its error, float32 (B, 1, H, W).
    """
    image = ops.parameter([-1, 3, -1, -1], np.uint8, name="image")
    hints = ops.parameter([-1, HINTS, -1, -1], np.float32, name="hints")
    planes, average, nearest, distance = ops.split(hints, _integer(1), HINTS).outputs()
    seen = ops.concat([planes, average, nearest, ops.multiply(ops.sqrt(distance), _constant(1 / 8))], 1)
    by_factor = {factor: _average_pool(seen, factor) for factor in (2, 4, 8, 16, 32)}
    centered = ops.multiply(ops.subtract(ops.multiply(ops.convert(image, "f32"), _constant(1 / 255)), _constant(0.45)),
                            _constant(4.0))  # fmt: skip
    x: Any = ops.relu(_convolve(ops.concat([centered, seen], 1), weights, "stem.0", stride=2))
    # Encode, remembering what the skips take.
    passed, factor = {}, 2
    for name in SHRINKING:
        factor *= 2
        x = passed[name] = _d3_block(x, by_factor[factor], weights, name, stride=2)
    for name in BOTTLENECK:
        x = _d3_block(x, by_factor[factor], weights, name)
    # Decode, adding the skips.
    for name in GROWING:
        x = _enlarge(x, by_factor[factor], weights, name)
        factor //= 2
        if name in SKIPS:
            skip, source = SKIPS[name]
            x = ops.add(x, _d3_block(passed[source], by_factor[factor], weights, skip))
    # Choose between the two fills at every pixel, and add a residual that shrinks near samples.
    full = ops.depth_to_space(_convolve(x, weights, "head"), "depth_first", 2)
    choice, residual, log_spread = ops.split(full, _integer(1), 3).outputs()
    chosen = ops.add(planes, ops.multiply(ops.sigmoid(choice), ops.subtract(average, planes)))
    reach = ops.divide(ops.add(distance, _constant(1.0)), ops.add(distance, _constant(REACH)))
    log_depth = ops.add(chosen, ops.multiply(reach, residual))
    return Model([log_depth, ops.clamp(log_spread, *LOG_SPREAD_RANGE)], [image, hints], "d3")


def _d3_block(x: Any, hints: Any, weights: Weights, name: str, stride: int = 1) -> Any:
    """Build a D3 block (D3 paper, figure 4); the hints have the size of its output."""
    return ops.relu(_convolve(_dense_layers(x, hints, weights, name, stride), weights, f"{name}.leave.0"))


def _enlarge(x: Any, hints: Any, weights: Weights, name: str) -> Any:
    """Build a D3 block whose output has twice the size of its input and hints."""
    new = _dense_layers(x, hints, weights, name, 1)
    sizes = {"mode": "nearest", "shape_calculation_mode": "scales", "coordinate_transformation_mode": "asymmetric"}
    doubled = ops.interpolate(new, _constant([2.0, 2.0]), **sizes, nearest_mode="floor", axes=_integers(2, 3))
    return ops.relu(_convolve(doubled, weights, f"{name}.leave.0"))


def _dense_layers(x: Any, hints: Any, weights: Weights, name: str, stride: int) -> Any:
    seen = [ops.relu(_convolve(x, weights, f"{name}.enter.0", stride=stride)), hints]
    for index in range(LAYERS):
        narrow = ops.relu(_convolve(ops.concat(seen, 1), weights, f"{name}.layers.{index}.0.0"))
        seen.append(ops.relu(_convolve(narrow, weights, f"{name}.layers.{index}.1.0")))
    return ops.concat(seen[2:], 1)


def _average_pool(x: Any, factor: int) -> Any:
    return ops.avg_pool(x, [factor] * 2, [0, 0], [0, 0], [factor] * 2, exclude_pad=False)


def _constant(values: float | Sequence[float] | np.ndarray) -> Any:
    return ops.constant(np.ascontiguousarray(values, np.float32).reshape(np.shape(values)))


def _integer(value: int) -> Any:
    return ops.constant(np.int64(value))


def _integers(*values: int) -> Any:
    return ops.constant(np.array(values, np.int64))


def _per_channel(values: np.ndarray) -> Any:
    return _constant(values.reshape(1, -1, 1, 1))


def _convolve(x: Any, weights: Weights, name: str, stride: int = 1) -> Any:
    kernel = weights[f"{name}.weight"]
    x, weight = _quantize(x, weights, name), _constant(kernel)
    if f"{name}.weight_high" in weights:
        limit = weights[f"{name}.weight_high"].reshape(-1, 1, 1, 1)
        ends = _constant(-limit), _constant(limit)
        weight = ops.fake_quantize(weight, *ends, *ends, WEIGHT_LEVELS)
    padding = [kernel.shape[2] // 2] * 2
    convolved = ops.convolution(x, weight, [stride] * 2, padding, padding, [1, 1], name=name)
    return ops.add(convolved, _per_channel(weights[f"{name}.bias"]))


def _quantize(x: Any, weights: Weights, name: str) -> Any:
    """Round to the levels of a layer's input, if it is quantized."""
    if f"{name}.input_low" not in weights:
        return x
    low, high = (_constant(weights[f"{name}.input_{end}"]) for end in ("low", "high"))
    return ops.fake_quantize(x, low, high, low, high, ACTIVATION_LEVELS)


def _convolve_relu(x: Any, weights: Weights, name: str) -> Any:
    activated = ops.relu(_convolve(x, weights, name))
    if f"affine.{name}.scale" not in weights:
        return activated
    scaled = ops.multiply(activated, _per_channel(weights[f"affine.{name}.scale"]))
    return ops.add(scaled, _per_channel(weights[f"affine.{name}.shift"]))
