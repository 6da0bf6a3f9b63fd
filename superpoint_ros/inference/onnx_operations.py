"""The networks' operations in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from onnx import ModelProto, helper, numpy_helper

from superpoint_ros.inference.graph_operations import WINDOW_ENDS
from superpoint_ros.networks.quantization_file import ACTIVATION_LEVELS, WEIGHT_LEVELS
from superpoint_ros.networks.weights_file import PRODUCER

# Not the newest, which older builds for GPUs do not know: these came with ONNX 1.12.
OPERATOR_SET, FORMAT = 17, 8
MAX_BIAS = 2**30


class ONNXOperations:
    """Build an ONNX model, whose nodes are the names of their tensors; see inference/graph_operations.py."""

    def __init__(self) -> None:
        self._inputs: list[Any] = []
        self._constants: list[Any] = []
        self._nodes: list[Any] = []
        self._rounded: dict[tuple[str, float, float], str] = {}
        self._steps: dict[str, np.float32] = {}

    def parameter(self, name: str, channels: int, dtype: DTypeLike) -> str:
        """Add an input."""
        shape: list[str | int | None] = ["batch", channels, "height", "width"]
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, values: float | np.ndarray) -> str:
        """Add float32 values."""
        return self._initializer(np.asarray(values, np.float32))

    def to_float(self, x: str) -> str:
        """Convert bytes to floats."""
        return self._add("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(np.float32)))

    def add(self, x: str, y: str) -> str:
        """Return x + y."""
        return self._add("Add", x, y)

    def subtract(self, x: str, y: str) -> str:
        """Return x - y."""
        return self._add("Sub", x, y)

    def multiply(self, x: str, y: str) -> str:
        """Return x y."""
        return self._add("Mul", x, y)

    def divide(self, x: str, y: str) -> str:
        """Return x / y."""
        return self._add("Div", x, y)

    def sqrt(self, x: str) -> str:
        """Return the square root of each value."""
        return self._add("Sqrt", x)

    def relu(self, x: str) -> str:
        """Return the positive part of each value."""
        return self._add("Relu", x)

    def sigmoid(self, x: str) -> str:
        """Return 1 / (1 + exp(-x))."""
        return self._add("Sigmoid", x)

    def clamp(self, x: str, low: float, high: float) -> str:
        """Bound each value."""
        return self._add("Clip", x, self.constant(low), self.constant(high))

    def softmax(self, x: str) -> str:
        """Return the softmax over the channels."""
        return self._add("Softmax", x, axis=1)

    def normalize(self, x: str) -> str:
        """Scale the channels of each pixel to unit length."""
        length = self.sqrt(self._add("Max", self._add("ReduceSumSquare", x, axes=[1]), self.constant(1e-12)))
        return self.divide(x, length)

    def channels_last(self, x: str) -> str:
        """Reorder to (B, H, W, C)."""
        return self._add("Transpose", x, perm=[0, 2, 3, 1])

    def concat(self, nodes: Sequence[str]) -> str:
        """Join channels."""
        return self._add("Concat", *nodes, axis=1)

    def split(self, x: str, count: int) -> Sequence[str]:
        """Part the channels."""
        outputs = [f"split{len(self._nodes)}.{index}" for index in range(count)]
        self._nodes.append(helper.make_node("Split", [x], outputs, axis=1))
        return outputs

    def sum(self, x: str) -> str:
        """Add up the channels."""
        return self._add("ReduceSum", x, self._indices(1), keepdims=1)

    def extend(self, x: str) -> str:
        """Repeat the border."""
        return self._add("Pad", x, self._indices(0, 0, 1, 1, 0, 0, 1, 1), mode="edge")

    def crop(self, x: str, row: int, column: int) -> str:
        """Take a window."""
        ends = self._indices(WINDOW_ENDS[row], WINDOW_ENDS[column])
        return self._add("Slice", x, self._indices(row, column), ends, self._indices(2, 3))

    def max_pool(self, x: str) -> str:
        """Take the largest of each 2x2 pixels."""
        return self._add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])

    def average_pool(self, x: str, factor: int) -> str:
        """Average each `factor` x `factor` pixels."""
        return self._add("AveragePool", x, kernel_shape=[factor] * 2, strides=[factor] * 2)

    def double(self, x: str) -> str:
        """Repeat each pixel in 2x2 pixels."""
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self._add("Resize", x, "", self.constant(np.array([1.0, 1.0, 2.0, 2.0])), **how)

    def depth_to_space(self, x: str) -> str:
        """Spread channels over 2x2 pixels."""
        return self._add("DepthToSpace", x, blocksize=2, mode="CRD")

    def quantize(self, x: str, low: np.ndarray, high: np.ndarray) -> str:
        """Round to bytes and back, once for all that ask for it; the runtime computes in bytes between two such."""
        levels = (x, float(low[0]), float(high[0]))
        if levels not in self._rounded:
            step = np.float32((high[0] - low[0]) / (ACTIVATION_LEVELS - 1))
            how = self.constant(step), self._initializer(np.uint8(np.round(-low[0] / step)))
            rounded = self._add("DequantizeLinear", self._add("QuantizeLinear", x, *how), *how)
            self._rounded[levels], self._steps[rounded] = rounded, step
        return self._rounded[levels]

    def convolve(
        self, x: str, weight: np.ndarray, bias: np.ndarray, weight_high: np.ndarray | None, *, stride: int, name: str
    ) -> str:
        """Convolve; `x` comes of `quantize` where the weights are quantized."""
        if weight_high is None:
            kernel, offset = self.constant(weight), self.constant(bias)
        else:
            step = weight_high / (WEIGHT_LEVELS // 2)
            kernel = self._integers(weight, step, np.int8, WEIGHT_LEVELS // 2)
            offset = self._integers(bias, step * self._steps[x], np.int32, MAX_BIAS)
        padding = [weight.shape[2] // 2] * 4
        return self._add("Conv", x, kernel, offset, name=name, pads=padding, strides=[stride] * 2,
                         kernel_shape=weight.shape[2:])  # fmt: skip

    def finish(self, name: str, outputs: dict[str, str]) -> ModelProto:
        """Return the model."""
        for output, x in outputs.items():
            self._nodes.append(helper.make_node("Identity", [x], [output]))
        floats = helper.np_dtype_to_tensor_dtype(np.dtype(np.float32))
        results = [helper.make_tensor_value_info(output, floats, ["batch", None, None, None]) for output in outputs]
        graph = helper.make_graph(self._nodes, name, self._inputs, results, self._constants)
        operators = [helper.make_opsetid("", OPERATOR_SET)]
        return helper.make_model(graph, producer_name=PRODUCER, ir_version=FORMAT, opset_imports=operators)

    def _integers(self, values: np.ndarray, step: np.ndarray, dtype: DTypeLike, limit: int) -> str:
        """Add values as integers of a step for each output channel, the first axis."""
        steps = step.reshape(-1, *[1] * (values.ndim - 1))
        rounded = self._initializer(np.clip(np.round(values / steps), -limit, limit).astype(dtype))
        how = self.constant(step), self._initializer(np.zeros(len(step), dtype))
        return self._add("DequantizeLinear", rounded, *how, axis=0)

    def _indices(self, *values: int) -> str:
        return self._initializer(np.array(values, np.int64))

    def _add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _initializer(self, values: np.ndarray) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name
