"""The networks' operations in OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from openvino import Model
from openvino import opset13 as ops

from superpoint_ros.inference.graph_operations import WINDOW_ENDS
from superpoint_ros.networks.quantization_file import ACTIVATION_LEVELS, WEIGHT_LEVELS


class OpenVINOOperations:
    """Build an OpenVINO model; see inference/graph_operations.py."""

    def __init__(self) -> None:
        self._parameters: list[Any] = []

    def parameter(self, name: str, channels: int, dtype: DTypeLike) -> Any:
        """Add an input."""
        self._parameters.append(ops.parameter([-1, channels, -1, -1], np.dtype(dtype).type, name=name))
        return self._parameters[-1]

    def constant(self, values: float | np.ndarray) -> Any:
        """Add float32 values."""
        return ops.constant(np.ascontiguousarray(values, np.float32).reshape(np.shape(values)))

    def to_float(self, x: Any) -> Any:
        """Convert bytes to floats."""
        return ops.convert(x, "f32")

    add = staticmethod(ops.add)
    subtract = staticmethod(ops.subtract)
    multiply = staticmethod(ops.multiply)
    divide = staticmethod(ops.divide)
    sqrt = staticmethod(ops.sqrt)
    relu = staticmethod(ops.relu)
    sigmoid = staticmethod(ops.sigmoid)
    clamp = staticmethod(ops.clamp)

    def softmax(self, x: Any) -> Any:
        """Return the softmax over the channels."""
        return ops.softmax(x, 1)

    def normalize(self, x: Any) -> Any:
        """Scale the channels of each pixel to unit length."""
        return ops.normalize_l2(x, _integers(1), 1e-12, "max")

    def channels_last(self, x: Any) -> Any:
        """Reorder to (B, H, W, C)."""
        return ops.transpose(x, _integers(0, 2, 3, 1))

    def concat(self, nodes: Sequence[Any]) -> Any:
        """Join channels."""
        return ops.concat(nodes, 1)

    def split(self, x: Any, count: int) -> Sequence[Any]:
        """Part the channels."""
        groups: Sequence[Any] = ops.split(x, ops.constant(np.int64(1)), count).outputs()
        return groups

    def sum(self, x: Any) -> Any:
        """Add up the channels."""
        return ops.reduce_sum(x, _integers(1), keep_dims=True)

    def extend(self, x: Any) -> Any:
        """Repeat the border."""
        border = _integers(0, 0, 1, 1)
        return ops.pad(x, border, border, "edge")

    def crop(self, x: Any, row: int, column: int) -> Any:
        """Take a window."""
        ends = _integers(WINDOW_ENDS[row], WINDOW_ENDS[column])
        return ops.slice(x, _integers(row, column), ends, _integers(1, 1), _integers(2, 3))

    def max_pool(self, x: Any) -> Any:
        """Take the largest of each 2x2 pixels."""
        return ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)

    def average_pool(self, x: Any, factor: int) -> Any:
        """Average each `factor` x `factor` pixels."""
        return ops.avg_pool(x, [factor] * 2, [0, 0], [0, 0], [factor] * 2, exclude_pad=False)

    def double(self, x: Any) -> Any:
        """Repeat each pixel in 2x2 pixels."""
        sizes = {"mode": "nearest", "shape_calculation_mode": "scales", "coordinate_transformation_mode": "asymmetric"}
        scales = self.constant(np.array([2.0, 2.0]))
        return ops.interpolate(x, scales, **sizes, nearest_mode="floor", axes=_integers(2, 3))

    def depth_to_space(self, x: Any) -> Any:
        """Spread channels over 2x2 pixels."""
        return ops.depth_to_space(x, "depth_first", 2)

    def quantize(self, x: Any, low: np.ndarray, high: np.ndarray) -> Any:
        """Round to levels; the compiler computes in bytes between two such."""
        ends = self.constant(low), self.constant(high)
        return ops.fake_quantize(x, *ends, *ends, ACTIVATION_LEVELS)

    def convolve(
        self, x: Any, weight: np.ndarray, bias: np.ndarray, weight_high: np.ndarray | None, *, stride: int, name: str
    ) -> Any:
        """Convolve."""
        kernel = self.constant(weight)
        if weight_high is not None:
            limit = weight_high.reshape(-1, 1, 1, 1)
            ends = self.constant(-limit), self.constant(limit)
            kernel = ops.fake_quantize(kernel, *ends, *ends, WEIGHT_LEVELS)
        padding = [weight.shape[2] // 2] * 2
        convolved = ops.convolution(x, kernel, [stride] * 2, padding, padding, [1, 1], name=name)
        return ops.add(convolved, self.constant(bias.reshape(1, -1, 1, 1)))

    def finish(self, name: str, outputs: dict[str, Any]) -> Model:
        """Return the model."""
        return Model(list(outputs.values()), self._parameters, name)


def _integers(*values: int) -> Any:
    return ops.constant(np.array(values, np.int64))
