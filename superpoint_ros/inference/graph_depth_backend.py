"""D3 as a graph, in a runtime of graphs."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference.graph_runtime import LoadNetwork
from superpoint_ros.inference.graphs import build_d3
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.networks.d3_layers import STRIDE


class GraphDepthBackend:
    """Run D3; see inference/depth_backend.py.

    Args:
        load: Loads a network in the runtime.
        model: Which weights.
        options: Where and how it runs.
    """

    def __init__(self, load: LoadNetwork, model: ModelSpec, options: RuntimeOptions):
        checkpoint = load_d3(model.file, model.sha256)
        self._network = load(build_d3, model, checkpoint, options)
        self.device = self._network.device
        self.sha256 = checkpoint.sha256

    def __call__(self, rgb: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network; see the protocol."""
        height, width = rgb.shape[:2]
        outputs = self._network(_planes(rgb), _planes(hints.transpose(1, 2, 0)))
        log_depth, log_spread = (output[0, 0, :height, :width].copy() for output in outputs)
        return log_depth, log_spread


def _planes(image: np.ndarray) -> np.ndarray:
    """Convert (H, W, C) to (1, C, H', W'), its last row and column repeated."""
    return np.ascontiguousarray(pad_to_multiple(image, STRIDE).transpose(2, 0, 1)[None])
