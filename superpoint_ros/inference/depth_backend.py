"""Backends of the densifier: what runs D3. A protocol and a table, as in backend.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from superpoint_ros.inference.backend import load
from superpoint_ros.inference.models import ModelSpec, find_model
from superpoint_ros.inference.network_options import RuntimeOptions

DEFAULT_MODEL = "d3"


class DepthBackend(Protocol):
    """Run a loaded network on a device.

    Attributes:
        sha256: Digest of the weights file.
    """

    sha256: str

    @property
    def device(self) -> str:
        """Return where and how it runs, for people to read ("cpu (OpenVINO, int8)")."""
        ...

    def __call__(self, rgb: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network of networks/d3.py on an image of any size.

        Args:
            rgb: Image, uint8 (H, W, 3), red first.
            hints: Maps of core/depth_hints.py, float32 (4, H, W).

        Returns:
            Log depth over the hints' scale, and log of the spread of its error, float32 (H, W) each.
        """
        ...


def _torch(model: ModelSpec, options: RuntimeOptions) -> DepthBackend:
    from superpoint_ros.inference.torch_depth_backend import TorchDepthBackend

    return TorchDepthBackend(model, options)


def _openvino(model: ModelSpec, options: RuntimeOptions) -> DepthBackend:
    from superpoint_ros.inference.graph_depth_backend import GraphDepthBackend
    from superpoint_ros.inference.openvino_runtime import load_network

    return GraphDepthBackend(load_network, model, options)


def _onnxruntime(model: ModelSpec, options: RuntimeOptions) -> DepthBackend:
    from superpoint_ros.inference.graph_depth_backend import GraphDepthBackend
    from superpoint_ros.inference.onnx_runtime import load_network

    return GraphDepthBackend(load_network, model, options)


DEPTH_BACKENDS: dict[str, Callable[[ModelSpec, RuntimeOptions], DepthBackend]] = {
    "openvino": _openvino,
    "torch": _torch,
    "onnxruntime": _onnxruntime,
}


def find_depth_model(weights: str | Path | None = None, model: str | Path | None = None) -> ModelSpec:
    """Find the spec of the model to use; arguments and errors are those of inference/models.py."""
    return find_model(weights, DEFAULT_MODEL if weights is None and model is None else model)


def load_depth_backend(model: ModelSpec, options: RuntimeOptions) -> DepthBackend:
    """Load the backend that the options name; errors are those of `load_backend`."""
    return load(DEPTH_BACKENDS, model, options)
