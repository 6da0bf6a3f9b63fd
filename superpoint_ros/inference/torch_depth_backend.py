"""D3 in PyTorch, on the CPU or a CUDA device."""

from __future__ import annotations

import numpy as np
import torch

from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.inference.torch_network import TorchNetwork
from superpoint_ros.networks.d3 import D3
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.networks.d3_layers import STRIDE


class TorchDepthBackend:
    """Run D3 in PyTorch; see inference/depth_backend.py."""

    def __init__(self, model: ModelSpec, options: RuntimeOptions):
        checkpoint = load_d3(model.file, model.sha256)
        self.sha256 = checkpoint.sha256
        self._network = TorchNetwork(D3.from_weights(checkpoint.weights), model, options)

    @property
    def device(self) -> str:
        """Return where and how it runs."""
        return self._network.description

    def __call__(self, rgb: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network; see the protocol."""
        (answer,) = self._network.run(lambda images: [self._compute(images[0], hints)], rgb[None])
        return answer

    @torch.inference_mode()
    def _compute(self, rgb: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = rgb.shape[:2]
        device, dtype = self._network.device, self._network.dtype
        # Depth keeps its digits: what the hints say stays in float32 around the convolutions.
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            colors, guesses = self._to_tensor(rgb).float() / 255.0, self._to_tensor(hints.transpose(1, 2, 0))
            outputs = self._network.module(colors, guesses)
        log_depth, log_spread = (output[0, 0, :height, :width].float().cpu().numpy() for output in outputs)
        return log_depth, log_spread

    def _to_tensor(self, image: np.ndarray) -> torch.Tensor:
        """Convert (H, W, C) to (1, C, H', W') on the device, its last row and column repeated."""
        return torch.from_numpy(pad_to_multiple(image, STRIDE)).to(self._network.device).permute(2, 0, 1)[None]
