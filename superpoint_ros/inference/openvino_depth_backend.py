"""D3 in OpenVINO, on the processor: the fastest way without a GPU."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.inference.openvino_graph import build_d3
from superpoint_ros.inference.openvino_runtime import load_network
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.networks.d3_layers import STRIDE


class OpenVINODepthBackend:
    """Run D3 on the processor; see inference/depth_backend.py."""

    def __init__(self, model: ModelSpec, options: RuntimeOptions):
        checkpoint = load_d3(model.file, model.sha256)
        self._network, self.device = load_network(build_d3, model, checkpoint, options)
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
