"""The operations that graphs.py describes the networks with; each runtime implements them in its own terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike

Node = TypeVar("Node")
Graph_co = TypeVar("Graph_co", covariant=True)

# Where windows end along an axis that begin at its index 0, 1 and 2 and are shorter by 2.
WINDOW_ENDS = (-2, -1, np.iinfo(np.int64).max)


class Operations(Protocol[Node, Graph_co]):
    """Build one graph, node by node.

    A node stands for a tensor (B, C, H, W), float32 where nothing else is said; B, H and W are known when it runs.
    """

    def parameter(self, name: str, channels: int, dtype: DTypeLike) -> Node:
        """Add an input of the graph, in the order in which the network takes them."""
        ...

    def constant(self, values: float | np.ndarray) -> Node:
        """Add float32 values, a number or an array that is spread over the tensor it meets."""
        ...

    def to_float(self, x: Node) -> Node:
        """Convert bytes to floats."""
        ...

    def add(self, x: Node, y: Node) -> Node:
        """Return x + y."""
        ...

    def subtract(self, x: Node, y: Node) -> Node:
        """Return x - y."""
        ...

    def multiply(self, x: Node, y: Node) -> Node:
        """Return x y."""
        ...

    def divide(self, x: Node, y: Node) -> Node:
        """Return x / y."""
        ...

    def sqrt(self, x: Node) -> Node:
        """Return the square root of each value."""
        ...

    def relu(self, x: Node) -> Node:
        """Return the positive part of each value."""
        ...

    def sigmoid(self, x: Node) -> Node:
        """Return 1 / (1 + exp(-x))."""
        ...

    def clamp(self, x: Node, low: float, high: float) -> Node:
        """Bound each value."""
        ...

    def softmax(self, x: Node) -> Node:
        """Return the softmax over the channels."""
        ...

    def normalize(self, x: Node) -> Node:
        """Scale the channels of each pixel to unit length."""
        ...

    def channels_last(self, x: Node) -> Node:
        """Reorder to (B, H, W, C)."""
        ...

    def concat(self, nodes: Sequence[Node]) -> Node:
        """Join channels."""
        ...

    def split(self, x: Node, count: int) -> Sequence[Node]:
        """Part the channels into `count` equal groups."""
        ...

    def sum(self, x: Node) -> Node:
        """Add up the channels of each pixel; (B, 1, H, W)."""
        ...

    def extend(self, x: Node) -> Node:
        """Repeat the values at the border once around it; (B, C, H + 2, W + 2)."""
        ...

    def crop(self, x: Node, row: int, column: int) -> Node:
        """Take the window (B, C, H - 2, W - 2) that begins at a row and a column between 0 and 2."""
        ...

    def max_pool(self, x: Node) -> Node:
        """Take the largest of each 2x2 pixels."""
        ...

    def average_pool(self, x: Node, factor: int) -> Node:
        """Average each `factor` x `factor` pixels."""
        ...

    def double(self, x: Node) -> Node:
        """Repeat each pixel in 2x2 pixels."""
        ...

    def depth_to_space(self, x: Node) -> Node:
        """Spread each four channels (4 C, H, W) over 2x2 pixels (C, 2 H, 2 W), row by row."""
        ...

    def quantize(self, x: Node, low: np.ndarray, high: np.ndarray) -> Node:
        """Round to the levels between low and high, (1,) each, of networks/quantization_file.py."""
        ...

    def convolve(
        self, x: Node, weight: np.ndarray, bias: np.ndarray, weight_high: np.ndarray | None, *, stride: int, name: str
    ) -> Node:
        """Convolve, zeros around the image.

        Args:
            x: Input.
            weight: Kernels, float32 (out, in, k, k), k odd.
            bias: Bias of each output channel, float32 (out,).
            weight_high: End of the range in which each output channel's weights are quantized, float32 (out,);
                None = they are not quantized.
            stride: Pixels from one output to the next.
            name: Name of the layer, for people to read.
        """
        ...

    def finish(self, name: str, outputs: dict[str, Node]) -> Graph_co:
        """Return the graph, with its outputs by name."""
        ...
