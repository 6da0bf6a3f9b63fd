"""The networks as graphs, described once for every runtime of graphs, and built from arrays: without PyTorch.

A layer is quantized where the arrays say how: "<layer>.input_low" and "<layer>.input_high" are the range of what goes
into it, "<layer>.weight_high" (one value per output channel) that of its weights; see networks/quantization_file.py.
"""

from __future__ import annotations

from typing import Generic, Protocol

import numpy as np

from superpoint_ros.inference.graph_operations import Graph_co, Node, Operations
from superpoint_ros.networks.d3_layers import (
    BOTTLENECK,
    GROWING,
    HINTS,
    LAYERS,
    LOG_SPREAD_RANGE,
    OUTPUTS,
    PROPAGATIONS,
    REACH,
    SHRINKING,
    SKIPS,
)  # fmt: skip
from superpoint_ros.networks.layers import ENCODER, POOL_AFTER
from superpoint_ros.networks.weights_file import Weights


class BuildGraph(Protocol):
    """Build a network's graph of its arrays, as `build_superpoint` and `build_d3` do."""

    def __call__(self, ops: Operations[Node, Graph_co], weights: Weights) -> Graph_co:
        """Return the graph."""
        ...


def build_superpoint(ops: Operations[Node, Graph_co], weights: Weights) -> Graph_co:
    """Build the network (SuperPoint paper, section 3) for batches and images of any size.

    Args:
        ops: Operations of the runtime.
        weights: Arrays of a checkpoint, see networks/checkpoint.py.

    Returns:
        A graph with the input uint8 (B, 1, H, W), H and W multiples of 8, and two outputs: the probabilities
        float32 (B, 65, H/8, W/8) of each cell's pixels and of "no keypoint", and the descriptors float32
        (B, H/8, W/8, 256), unit length per cell.
    """
    layers = _Layers(ops, weights)
    encoded = ops.multiply(ops.to_float(ops.parameter("image", 1, np.uint8)), ops.constant(1 / 255))
    for name in ENCODER:
        encoded = layers.convolve_relu(encoded, name)
        if name in POOL_AFTER:
            # Rounding before pooling comes to the same as after it, and bytes are pooled faster than floats.
            encoded = ops.max_pool(layers.quantize(encoded, ENCODER[ENCODER.index(name) + 1]))
    logits = layers.convolve(layers.convolve_relu(encoded, "convPa"), "convPb")
    dense = layers.convolve(layers.convolve_relu(encoded, "convDa"), "convDb")
    outputs = {"probability": ops.softmax(logits), "descriptors": ops.channels_last(ops.normalize(dense))}
    return ops.finish("superpoint", outputs)


def build_d3(ops: Operations[Node, Graph_co], weights: Weights) -> Graph_co:
    """Build the network of networks/d3.py for images of any size.

    Args:
        ops: Operations of the runtime.
        weights: Arrays of a checkpoint, see networks/d3_checkpoint.py.

    Returns:
        A graph with the inputs uint8 (B, 3, H, W), red first, and hints float32 (B, 4, H, W), H and W multiples of 32,
        and two outputs: log depth over the hints' scale and log of the spread of its error, float32 (B, 1, H, W).
    """
    layers = _D3Layers(ops, weights)
    image, hints = ops.parameter("image", 3, np.uint8), ops.parameter("hints", HINTS, np.float32)
    planes, average, nearest, distance = ops.split(hints, HINTS)
    seen = ops.concat([planes, average, nearest, ops.multiply(ops.sqrt(distance), ops.constant(1 / 8))])
    by_factor = {factor: ops.average_pool(seen, factor) for factor in (2, 4, 8, 16, 32)}
    unit = ops.multiply(ops.to_float(image), ops.constant(1 / 255))
    centered = ops.multiply(ops.subtract(unit, ops.constant(0.45)), ops.constant(4.0))
    x = layers.convolve_relu(ops.concat([centered, seen]), "stem.0", stride=2)
    # Encode, remembering what the skips take.
    passed, factor = {}, 2
    for name in SHRINKING:
        factor *= 2
        x = passed[name] = layers.block(x, by_factor[factor], name, stride=2)
    for name in BOTTLENECK:
        x = layers.block(x, by_factor[factor], name)
    # Decode, adding the skips.
    for name in GROWING:
        x = layers.enlarging_block(x, by_factor[factor], name)
        factor //= 2
        if name in SKIPS:
            skip, source = SKIPS[name]
            x = ops.add(x, layers.block(passed[source], by_factor[factor], skip))
    # Choose between the two fills at every pixel, and add a residual that shrinks near samples.
    maps = ops.depth_to_space(layers.convolve(x, "head"))
    choice, residual, log_spread, *affinities = ops.split(maps, OUTPUTS)
    chosen = ops.add(planes, ops.multiply(ops.sigmoid(choice), ops.subtract(average, planes)))
    reach = ops.divide(ops.add(distance, ops.constant(1.0)), ops.add(distance, ops.constant(REACH)))
    log_depth = ops.add(chosen, ops.multiply(reach, residual))
    # Propagate it between neighbors.
    shares = ops.softmax(ops.concat(affinities))
    for _ in range(PROPAGATIONS):
        extended = ops.extend(log_depth)
        around = ops.concat([ops.crop(extended, row, column) for row in range(3) for column in range(3)])
        log_depth = ops.sum(ops.multiply(shares, around))
    return ops.finish("d3", {"log_depth": log_depth, "log_spread": ops.clamp(log_spread, *LOG_SPREAD_RANGE)})


class _Layers(Generic[Node, Graph_co]):
    """Add layers to a graph by their names in the weights."""

    def __init__(self, ops: Operations[Node, Graph_co], weights: Weights):
        self._ops = ops
        self._weights = weights

    def convolve(self, x: Node, name: str, *, stride: int = 1) -> Node:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        weight_high = self._weights.get(f"{name}.weight_high")
        return self._ops.convolve(self.quantize(x, name), weight, bias, weight_high, stride=stride, name=name)

    def convolve_relu(self, x: Node, name: str, *, stride: int = 1) -> Node:
        activated = self._ops.relu(self.convolve(x, name, stride=stride))
        if f"affine.{name}.scale" not in self._weights:
            return activated
        scale, shift = (self._weights[f"affine.{name}.{part}"].reshape(1, -1, 1, 1) for part in ("scale", "shift"))
        return self._ops.add(self._ops.multiply(activated, self._ops.constant(scale)), self._ops.constant(shift))

    def quantize(self, x: Node, name: str) -> Node:
        """Round to the levels of a layer's input, if it is quantized."""
        if f"{name}.input_low" not in self._weights:
            return x
        return self._ops.quantize(x, self._weights[f"{name}.input_low"], self._weights[f"{name}.input_high"])


class _D3Layers(_Layers[Node, Graph_co]):
    """Add blocks of D3 (D3 paper, figure 4)."""

    def block(self, x: Node, hints: Node, name: str, *, stride: int = 1) -> Node:
        """Add a block; the hints have the size of its output."""
        return self.convolve_relu(self._dense_layers(x, hints, name, stride), f"{name}.leave.0")

    def enlarging_block(self, x: Node, hints: Node, name: str) -> Node:
        """Add a block whose output has twice the size of its input and hints."""
        return self.convolve_relu(self._ops.double(self._dense_layers(x, hints, name, 1)), f"{name}.leave.0")

    def _dense_layers(self, x: Node, hints: Node, name: str, stride: int) -> Node:
        seen = [self.convolve_relu(x, f"{name}.enter.0", stride=stride), hints]
        for index in range(LAYERS):
            narrow = self.convolve_relu(self._ops.concat(seen), f"{name}.layers.{index}.0.0")
            seen.append(self.convolve_relu(narrow, f"{name}.layers.{index}.1.0"))
        return self._ops.concat(seen[2:])
