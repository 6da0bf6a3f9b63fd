"""The network in PyTorch, on the CPU or a CUDA device."""

from __future__ import annotations

import numpy as np
import torch

from superpoint_ros.core import decoding
from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.core.stages import stage
from superpoint_ros.inference.backend import describe
from superpoint_ros.inference.devices import describe_device, describe_dtype, prepare_torch
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.decode import decode
from superpoint_ros.networks.superpoint import SuperPoint


class TorchBackend:
    """Run SuperPoint in PyTorch; see inference/backend.py."""

    def __init__(self, model: ModelSpec, options: RuntimeOptions):
        self._device, self._dtype, reason = prepare_torch(options)
        checkpoint = load_checkpoint(model.file, model.sha256)
        self.descriptor_sampling = model.descriptor_sampling or checkpoint.descriptor_sampling
        self.sha256 = checkpoint.sha256
        self.batches_pay = self._device.type == "cuda"
        self._network = SuperPoint.from_weights(checkpoint.weights).to(self._device, self._dtype)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        precision = describe_dtype(self._dtype)
        self.device = describe(model, describe_device(self._device), "PyTorch", precision, reason)

    @torch.inference_mode()
    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Run the network; see the protocol."""
        with stage("network"):
            padded = np.stack([pad_to_multiple(image, CELL_SIZE) for image in images])
            batch = torch.from_numpy(padded).to(self._device)[:, None].float().div_(255)
            prepared = batch.to(self._dtype, memory_format=torch.channels_last)
            logits, descriptors = (output.float() for output in self._network(prepared))
        with stage("decode"):
            return self._decode(logits, descriptors, images, options)

    def _decode(
        self, logits: torch.Tensor, descriptors: torch.Tensor, images: np.ndarray, options: ResolvedDecodeOptions
    ) -> list[Keypoints]:
        if self._device.type == "cpu":
            probability = torch.softmax(logits, dim=1).numpy()
            dense = descriptors.permute(0, 2, 3, 1).contiguous().numpy()
            size = (images.shape[1], images.shape[2])
            return [decoding.decode(*answer, size, options) for answer in zip(probability, dense, strict=True)]
        decoded = decode(logits, descriptors, images.shape[1:], options)
        return [(xy.cpu().numpy(), score.cpu().numpy(), rows.cpu().numpy()) for xy, score, rows in decoded]
