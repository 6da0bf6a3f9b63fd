"""Backends: what runs the network. A protocol, a table, and a named error that lists what there is."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from superpoint_ros.core.decode_options import DescriptorSampling, ResolvedDecodeOptions
from superpoint_ros.core.errors import BackendError, MissingExtraError
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec

Loader = TypeVar("Loader")
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
logger = logging.getLogger(__name__)


class Backend(Protocol):
    """Run a loaded network on a device.

    Attributes:
        device: Device that runs it, for people to read ("cpu", "cuda:0 (NVIDIA ...)").
        descriptor_sampling: Sampling that the weights want, see core/decode_options.py.
        sha256: Digest of the weights file.
    """

    device: str
    descriptor_sampling: DescriptorSampling
    sha256: str

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Find the keypoints of images uint8 (B, H, W), as they are: `options.scales` is pyramid.py's concern."""
        ...


def _torch(facts: ModelSpec, device: str) -> Backend:
    from superpoint_ros.inference.torch_backend import TorchBackend

    return TorchBackend(facts, device)


def _openvino(model: ModelSpec, device: str) -> Backend:
    try:
        from superpoint_ros.inference.openvino_backend import OpenVINOBackend
    except ImportError as error:
        text = f"backend 'openvino' needs OpenVINO ({error}): pip install openvino, or use backend 'torch'"
        raise MissingExtraError(text) from error
    return OpenVINOBackend(model, device)


# name: loader of (model, device).
BACKENDS: dict[str, Callable[[ModelSpec, str], Backend]] = {"torch": _torch, "openvino": _openvino}


def load_backend(name: str, facts: ModelSpec, device: str) -> Backend:
    """Load the backend of that name, with the model's weights on the device.

    Raises:
        BackendError: no backend of that name, or the device is not there.
        CheckpointError: the weights cannot be used.
    """
    if name == "auto":
        name, reason = choose_automatically(device)
        logger.info("backend 'auto': using %s, as %s", name, reason)
    return choose(BACKENDS, name)(facts, device)


def choose_automatically(device: str) -> tuple[str, str]:
    """Choose the fastest backend that is installed for a device, without loading one that is not taken.

    Args:
        device: "auto", "cpu", "cuda" or "cuda:N".

    Returns:
        The backend's name, and why it was chosen.
    """
    if device.startswith("cuda"):
        return "torch", f"device '{device}' was asked for"
    if device == "auto" and NVIDIA_DRIVER.exists():
        return "torch", "there is an NVIDIA driver"
    if importlib.util.find_spec("openvino") is None:
        return "torch", "OpenVINO is not installed, which would be faster on this processor"
    return "openvino", "it is the fastest on a processor"


def choose(table: Mapping[str, Loader], name: str) -> Loader:
    """Choose the loader of that name; of "auto", the table's first.

    Raises:
        BackendError: there is none; the message lists those there are.
    """
    if name == "auto":
        return next(iter(table.values()))
    if name not in table:
        raise BackendError(f"backend '{name}' is not one of auto, {', '.join(table)}")
    return table[name]
