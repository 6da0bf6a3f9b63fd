"""The network in PyTorch, on the CPU or a CUDA device."""

from __future__ import annotations

import logging

import numpy as np
import torch

from superpoint_ros.core import decoding
from superpoint_ros.core.decode_options import ResolvedDecodeOptions
from superpoint_ros.core.errors import BackendError
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference.backend import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.decode import decode
from superpoint_ros.networks.superpoint import CELL_SIZE

logger = logging.getLogger(__name__)


def find_device(name: str) -> torch.device:
    """ "auto" (CUDA where there is any, else the CPU, said once in the log), "cpu", "cuda", "cuda:1" ...

    Raises:
        BackendError: CUDA was asked for and is not there, or no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
        logger.info("device 'auto': using %s", name)
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BackendError(f"device '{name}' is not one of auto, cpu, cuda, cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise BackendError(f"device '{name}' is not one of auto, cpu, cuda, cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise BackendError(
            f"device '{name}' was asked for, but PyTorch {torch.__version__} finds {torch.cuda.device_count()} CUDA "
            "devices; use device 'cpu' or 'auto', or install a driver and a CUDA build of PyTorch"
        )
    return device


def describe_device(device: torch.device) -> str:
    """The device for people to read: "cpu", "cuda:0 (NVIDIA ...)"."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


class TorchBackend:
    """See inference/backend.py."""

    def __init__(self, facts: ModelSpec, device: str = "auto"):
        self._device = find_device(device)
        checkpoint = load_checkpoint(facts.file, facts.sha256)
        self.descriptor_sampling = facts.descriptor_sampling or checkpoint.descriptor_sampling
        self.sha256 = checkpoint.sha256
        self._network = checkpoint.network.to(self._device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = describe_device(self._device)

    @torch.inference_mode()
    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        padded = np.stack([pad_to_multiple(image, CELL_SIZE) for image in images])
        batch = torch.from_numpy(padded).to(self._device)[:, None].float().div_(255)
        logits, descriptors = self._network(batch.contiguous(memory_format=torch.channels_last))
        if self._device.type == "cpu":
            probability = torch.softmax(logits, dim=1).numpy()
            dense = descriptors.permute(0, 2, 3, 1).contiguous().numpy()
            size = (images.shape[1], images.shape[2])
            return [decoding.decode(*answer, size, options) for answer in zip(probability, dense, strict=True)]
        decoded = decode(logits, descriptors, images.shape[1:], options)
        return [(xy.cpu().numpy(), score.cpu().numpy(), rows.cpu().numpy()) for xy, score, rows in decoded]
