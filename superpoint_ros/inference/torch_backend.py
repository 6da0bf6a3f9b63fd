"""The network in PyTorch, on the CPU or a CUDA device."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from superpoint_ros.core import decoding
from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.core.stages import stage
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.inference.torch_network import TorchNetwork
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.decode import decode
from superpoint_ros.networks.superpoint import SuperPoint


class TorchBackend:
    """Run SuperPoint in PyTorch; see inference/backend.py."""

    def __init__(self, model: ModelSpec, options: RuntimeOptions):
        checkpoint = load_checkpoint(model.file, model.sha256)
        self.descriptor_sampling = model.descriptor_sampling or checkpoint.descriptor_sampling
        self.sha256 = checkpoint.sha256
        self._network = TorchNetwork(SuperPoint.from_weights(checkpoint.weights), model, options)
        self._network.module.to(self._network.dtype)

    @property
    def device(self) -> str:
        """Return where and how it runs."""
        return self._network.description

    @property
    def batches_pay(self) -> bool:
        """Return whether several images at once are faster than one after the other."""
        return self._network.device.type == "cuda"

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Run the network; see the protocol."""
        return self._network.run(partial(self._compute, options=options), images)

    @torch.inference_mode()
    def _compute(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        device, dtype = self._network.device, self._network.dtype
        with stage("network"):
            padded = np.stack([pad_to_multiple(image, CELL_SIZE) for image in images])
            batch = torch.from_numpy(padded).to(device)[:, None].float().div_(255)
            prepared = batch.to(dtype, memory_format=torch.channels_last)
            logits, descriptors = (output.float() for output in self._network.module(prepared))
        with stage("decode"):
            return self._decode(logits, descriptors, images, options)

    def _decode(
        self, logits: torch.Tensor, descriptors: torch.Tensor, images: np.ndarray, options: ResolvedDecodeOptions
    ) -> list[Keypoints]:
        if logits.device.type == "cpu":
            probability = torch.softmax(logits, dim=1).numpy()
            dense = descriptors.permute(0, 2, 3, 1).contiguous().numpy()
            size = (images.shape[1], images.shape[2])
            return [decoding.decode(*answer, size, options) for answer in zip(probability, dense, strict=True)]
        decoded = decode(logits, descriptors, images.shape[1:], options)
        return [(xy.cpu().numpy(), score.cpu().numpy(), rows.cpu().numpy()) for xy, score, rows in decoded]
