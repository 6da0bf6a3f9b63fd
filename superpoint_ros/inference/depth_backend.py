"""Backends of the densifier: what runs D3. A protocol and a table, as in backend.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from superpoint_ros.inference.backend import choose
from superpoint_ros.inference.models import ModelSpec, find_model

DEFAULT_MODEL = "d3"


class DepthBackend(Protocol):
    """Run a loaded network on a device.

    Attributes:
        device: Device that runs it, for people to read.
        sha256: Digest of the weights file.
    """

    device: str
    sha256: str

    def __call__(self, rgb: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the network of networks/d3.py on an image of any size.

        Args:
            rgb: Image, uint8 (H, W, 3), red first.
            hints: Maps of core/depth_hints.py, float32 (4, H, W).

        Returns:
            Log depth over the hints' scale, and log of the spread of its error, float32 (H, W) each.
        """
        ...


def _torch(facts: ModelSpec, device: str) -> DepthBackend:
    from superpoint_ros.inference.torch_depth_backend import TorchDepthBackend

    return TorchDepthBackend(facts, device)


# name: loader of (model facts, device). The first entry is what "auto" takes.
DEPTH_BACKENDS: dict[str, Callable[[ModelSpec, str], DepthBackend]] = {"torch": _torch}


def find_depth_model(weights: str | Path | None = None, model: str | Path | None = None) -> ModelSpec:
    """Find the spec of the model to use; arguments and errors are those of inference/models.py."""
    return find_model(weights, DEFAULT_MODEL if weights is None and model is None else model)


def load_depth_backend(name: str, facts: ModelSpec, device: str) -> DepthBackend:
    """Load the backend of that name, with the model's weights on the device.

    Raises:
        BackendError: no backend of that name, or the device is not there.
        CheckpointError: the weights cannot be used.
    """
    return choose(DEPTH_BACKENDS, name)(facts, device)
