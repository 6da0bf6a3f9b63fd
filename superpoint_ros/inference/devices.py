"""Devices that PyTorch runs on."""

from __future__ import annotations

import logging

import torch

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.network_options import RuntimeOptions

logger = logging.getLogger(__name__)


def find_device(name: str) -> torch.device:
    """Find the device of a name.

    Args:
        name: "auto" (CUDA where there is any, else the CPU, said once in the log), "cpu", "cuda" or "cuda:N".

    Raises:
        BackendError: CUDA was asked for and is not there, or there is no such device.
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


def prepare_torch(options: RuntimeOptions) -> tuple[torch.device, torch.dtype, str]:
    """Find the device and the precision of the options, and bound the threads of the process.

    Returns:
        The device, the type in which the network computes, and why it is that one.

    Raises:
        BackendError: A device that is not there, or a precision that this backend does not have.
    """
    if options.precision in ("int8", "float16"):
        raise BackendError(f"precision '{options.precision}': backend 'torch' has 'float32' and 'bfloat16' alone")
    if options.threads:
        torch.set_num_threads(options.threads)
    device = find_device(options.device)
    if options.precision != "auto":
        return device, getattr(torch, options.precision), "asked for"
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return device, torch.bfloat16, "the fastest that this device has"
    return device, torch.float32, "the device has no faster one in PyTorch"


def describe_device(device: torch.device) -> str:
    """Describe the device for people to read: "cpu", "cuda:0 (NVIDIA ...)"."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def describe_dtype(dtype: torch.dtype) -> str:
    """Return the name of a type as in `RuntimeOptions.precision`."""
    return str(dtype).removeprefix("torch.")
