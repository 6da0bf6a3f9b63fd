"""D3 in PyTorch, on the CPU or a CUDA device."""

from __future__ import annotations

import numpy as np
import torch

from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference.backend import describe
from superpoint_ros.inference.devices import describe_device, describe_dtype, prepare_torch
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.d3 import D3
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.networks.d3_layers import STRIDE


class TorchDepthBackend:
    """Run D3 in PyTorch; see inference/depth_backend.py."""

    def __init__(self, model: ModelSpec, options: RuntimeOptions):
        self._device, self._dtype, reason = prepare_torch(options)
        checkpoint = load_d3(model.file, model.sha256)
        self.sha256 = checkpoint.sha256
        self._network = D3.from_weights(checkpoint.weights).to(self._device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        precision = describe_dtype(self._dtype)
        self.device = describe(model, describe_device(self._device), "PyTorch", precision, reason)

    @torch.inference_mode()
    def __call__(self, rgb: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network; see the protocol."""
        height, width = rgb.shape[:2]
        # Depth keeps its digits: what the hints say stays in float32 around the convolutions.
        with torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32):
            outputs = self._network(self._to_tensor(rgb).float() / 255.0, self._to_tensor(hints.transpose(1, 2, 0)))
        log_depth, log_spread = (output[0, 0, :height, :width].float().cpu().numpy() for output in outputs)
        return log_depth, log_spread

    def _to_tensor(self, image: np.ndarray) -> torch.Tensor:
        """Convert (H, W, C) to (1, C, H', W') on the device, its last row and column repeated."""
        return torch.from_numpy(pad_to_multiple(image, STRIDE)).to(self._device).permute(2, 0, 1)[None]
