"""SuperPoint as an OpenVINO graph, built from arrays: neither PyTorch nor an exchange format is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from openvino import Model
from openvino import opset13 as ops

from superpoint_ros.networks.layers import ENCODER, POOL_AFTER
from superpoint_ros.networks.weights_file import Weights


def build_superpoint(weights: Weights) -> Model:
    """Build the network (SuperPoint paper, section 3) for batches and images of any size.

    Args:
        weights: Arrays by the released layer names, "conv1a.weight" ... "convDb.bias"; where batch norm follows the
            ReLU, also "affine.<layer>.scale" and "affine.<layer>.shift".

    Returns:
        A model with the input uint8 (B, 1, H, W), H and W multiples of 8, and two outputs: the probabilities
        float32 (B, 65, H/8, W/8) of each cell's pixels and of "no keypoint", and the descriptors float32
        (B, H/8, W/8, 256), unit length per cell.
    """
    image = ops.parameter([-1, 1, -1, -1], np.uint8, name="image")
    encoded: Any = ops.multiply(ops.convert(image, "f32"), _constant(np.array(1 / 255)))
    for name in ENCODER:
        encoded = _convolve_relu(encoded, weights, name)
        if name in POOL_AFTER:
            encoded = ops.max_pool(encoded, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
    logits = _convolve(_convolve_relu(encoded, weights, "convPa"), weights, "convPb")
    dense = _convolve(_convolve_relu(encoded, weights, "convDa"), weights, "convDb")
    unit = ops.normalize_l2(dense, _axes(1), 1e-12, "max")
    return Model([ops.softmax(logits, 1), ops.transpose(unit, _axes(0, 2, 3, 1))], [image], "superpoint")


def _constant(values: np.ndarray) -> Any:
    return ops.constant(np.ascontiguousarray(values, np.float32))


def _axes(*axes: int) -> Any:
    return ops.constant(np.array(axes, np.int64))


def _per_channel(values: np.ndarray) -> Any:
    return _constant(values.reshape(1, -1, 1, 1))


def _convolve(x: Any, weights: Weights, name: str) -> Any:
    kernel = weights[f"{name}.weight"]
    padding = [kernel.shape[2] // 2] * 2
    convolved = ops.convolution(x, _constant(kernel), [1, 1], padding, padding, [1, 1])
    return ops.add(convolved, _per_channel(weights[f"{name}.bias"]))


def _convolve_relu(x: Any, weights: Weights, name: str) -> Any:
    activated = ops.relu(_convolve(x, weights, name))
    if f"affine.{name}.scale" not in weights:
        return activated
    scaled = ops.multiply(activated, _per_channel(weights[f"affine.{name}.scale"]))
    return ops.add(scaled, _per_channel(weights[f"affine.{name}.shift"]))
