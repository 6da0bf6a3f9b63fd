"""Backends: what runs the network. A protocol, a table, and a named error that lists what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

import numpy as np

from superpoint_ros.core.decode_options import DescriptorSampling, ResolvedDecodeOptions
from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.models import ModelSpec

Loader = TypeVar("Loader")

# Of one image: xy float32 (N, 2), score (N,), unit descriptors (N, D), strongest first.
Keypoints: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]


class Backend(Protocol):
    """A loaded network on a device.

    Attributes:
        device: where it runs, for people to read ("cpu", "cuda:0 (NVIDIA ...)").
        descriptor_sampling: how the weights want their descriptors sampled, see core/options.py.
        sha256: of the weights file.
    """

    device: str
    descriptor_sampling: DescriptorSampling
    sha256: str

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Keypoints of images uint8 (B, H, W), as they are: `options.scales` is pyramid.py's concern."""
        ...


def _torch(facts: ModelSpec, device: str) -> Backend:
    from superpoint_ros.inference.torch_backend import TorchBackend

    return TorchBackend(facts, device)


# name: loader of (model facts, device). The first entry is what "auto" takes.
BACKENDS: dict[str, Callable[[ModelSpec, str], Backend]] = {"torch": _torch}


def load_backend(name: str, facts: ModelSpec, device: str) -> Backend:
    """The backend of that name with the model's weights on the device.

    Raises:
        BackendError: no backend of that name, or the device is not there.
        CheckpointError: the weights cannot be used.
    """
    return choose(BACKENDS, name)(facts, device)


def choose(table: Mapping[str, Loader], name: str) -> Loader:
    """The loader of that name; of "auto", the table's first.

    Raises:
        BackendError: there is none; the message lists those there are.
    """
    if name == "auto":
        return next(iter(table.values()))
    if name not in table:
        raise BackendError(f"backend '{name}' is not one of auto, {', '.join(table)}")
    return table[name]
