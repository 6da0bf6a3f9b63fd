"""Backends: what runs the network. A protocol, a table, and a named error that lists what there is."""

from __future__ import annotations

import gc
import importlib.util
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from superpoint_ros.core.allocation import give_back_free_memory
from superpoint_ros.core.decode_options import DescriptorSampling, ResolvedDecodeOptions
from superpoint_ros.core.errors import BackendError, MissingExtraError
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions

Loaded = TypeVar("Loaded")
PACKAGES = {"openvino": "OpenVINO", "torch": "PyTorch", "onnxruntime": "ONNX Runtime"}
INSTALL = {"openvino": "openvino", "torch": "torch", "onnxruntime": "onnxruntime onnx"}
# What says that there is an NVIDIA GPU, the second on Jetson.
NVIDIA_DRIVERS = (Path("/proc/driver/nvidia/version"), Path("/etc/nv_tegra_release"))
logger = logging.getLogger(__name__)


class Backend(Protocol):
    """Run a loaded network on a device.

    Attributes:
        descriptor_sampling: Sampling that the weights want, see core/decode_options.py.
        sha256: Digest of the weights file.
    """

    descriptor_sampling: DescriptorSampling
    sha256: str

    @property
    def device(self) -> str:
        """Return where and how it runs, for people to read ("cpu (OpenVINO, int8)")."""
        ...

    @property
    def batches_pay(self) -> bool:
        """Return whether several images at once are faster than one after the other."""
        ...

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Find the keypoints of images uint8 (B, H, W), as they are: `options.scales` is pyramid.py's concern."""
        ...


def _torch(model: ModelSpec, options: RuntimeOptions) -> Backend:
    from superpoint_ros.inference.torch_backend import TorchBackend

    return TorchBackend(model, options)


def _openvino(model: ModelSpec, options: RuntimeOptions) -> Backend:
    from superpoint_ros.inference.graph_backend import GraphBackend
    from superpoint_ros.inference.openvino_runtime import load_network

    return GraphBackend(load_network, model, options)


def _onnxruntime(model: ModelSpec, options: RuntimeOptions) -> Backend:
    from superpoint_ros.inference.graph_backend import GraphBackend
    from superpoint_ros.inference.onnx_runtime import load_network

    return GraphBackend(load_network, model, options)


BACKENDS: dict[str, Callable[[ModelSpec, RuntimeOptions], Backend]] = {
    "openvino": _openvino,
    "torch": _torch,
    "onnxruntime": _onnxruntime,
}


def load_backend(model: ModelSpec, options: RuntimeOptions) -> Backend:
    """Load the backend that the options name, with the model's weights on their device.

    Raises:
        BackendError: no backend of that name, or a device or precision that is not there.
        CheckpointError: the weights cannot be used.
        MissingExtraError: what the backend runs on is not installed.
    """
    return load(BACKENDS, model, options)


def load(
    table: Mapping[str, Callable[[ModelSpec, RuntimeOptions], Loaded]], model: ModelSpec, options: RuntimeOptions
) -> Loaded:
    """Load a backend of a table; arguments and errors are those of `load_backend`."""
    name = options.backend
    if name == "auto":
        name, reason = choose_automatically(options.device)
        logger.info("backend 'auto': using %s, as %s", name, reason)
    if name not in table:
        raise BackendError(f"backend '{name}' is not one of auto, {', '.join(table)}")
    try:
        return table[name](model, options)
    except ImportError as error:
        if isinstance(error, MissingExtraError):
            raise
        others = ", ".join(repr(other) for other in ("auto", *table) if other != name)
        text = f"backend '{name}' needs {PACKAGES[name]} ({error}): pip install {INSTALL[name]}, or use {others}"
        raise MissingExtraError(text) from error


def release_memory() -> None:
    """Give the memory of networks that nobody holds back to the machine; malloc and PyTorch would keep it."""
    gc.collect()
    give_back_free_memory()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def choose_automatically(device: str) -> tuple[str, str]:
    """Choose the fastest backend that is installed for a device, without loading one that is not taken.

    Args:
        device: "auto", "cpu", "cuda" or "cuda:N".

    Returns:
        The backend's name, and why it was chosen.
    """
    asked = device.startswith("cuda")
    if asked or (device == "auto" and any(path.exists() for path in NVIDIA_DRIVERS)):
        reason = f"device '{device}' was asked for" if asked else "there is an NVIDIA driver"
        if not _is_installed("torch") and _is_installed("onnxruntime", "onnx") and _onnxruntime_has_gpu():
            return "onnxruntime", f"{reason}, and PyTorch is not installed"
        if asked or _is_installed("torch"):
            return "torch", reason
    if _is_installed("openvino"):
        return "openvino", "it is the fastest on a CPU"
    for name, modules in (("onnxruntime", ["onnxruntime", "onnx"]), ("torch", ["torch"])):
        if _is_installed(*modules):
            return name, "OpenVINO is not installed, which would be faster on this CPU"
    return "openvino", "it is the fastest on a CPU"


def _is_installed(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


def _onnxruntime_has_gpu() -> bool:
    from superpoint_ros.inference.onnx_runtime import has_gpu_providers

    return has_gpu_providers()


def describe(model: ModelSpec, device: str, runtime: str, precision: str, reason: str) -> str:
    """Describe where and how a model runs, for people to read; say so in the log, with the reason."""
    logger.info("model '%s': %s on %s in %s (%s)", model.name, runtime, device, precision, reason)
    return f"{device} ({runtime}, {precision})"
