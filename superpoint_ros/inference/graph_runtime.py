"""Runtimes of graphs: what each loads, and what they choose alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.graphs import BuildGraph
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.quantization_file import load_quantization
from superpoint_ros.networks.weights_file import Weights

NOT_QUANTIZED = "weights that are not quantized (see superpoint-ros quantize)"


class ReadWeights(Protocol):
    """Describe what was read from a weights file: a Checkpoint or a D3Checkpoint."""

    @property
    def weights(self) -> Weights:
        """Arrays by name."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of the file."""
        ...


class Network(Protocol):
    """Run a graph.

    Attributes:
        device: Where and how it runs, for people to read.
        batches_pay: Whether several images at once are faster than one after the other.
    """

    device: str
    batches_pay: bool

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Return the outputs; they may be overwritten by the next call."""
        ...


class LoadNetwork(Protocol):
    """Load a network in a runtime."""

    def __call__(
        self, build: BuildGraph, model: ModelSpec, checkpoint: ReadWeights, options: RuntimeOptions
    ) -> Network:
        """Load a network in the precision that the options, its quantization and the machine allow.

        Args:
            build: Builds its graph of its arrays.
            model: Says how it is quantized, if it is.
            checkpoint: Its arrays.
            options: What is asked for.

        Raises:
            BackendError: The device, or a precision that the machine or the weights do not have.
            CheckpointError: The quantization cannot be used.
        """
        ...


def choose_precision(asked: str, lacks: Mapping[str, str]) -> tuple[str, str]:
    """Choose the precision of a network.

    Args:
        asked: Precision that is asked for, or "auto".
        lacks: Precisions of the runtime, fastest first, each with what it lacks here; "" = it is there.

    Returns:
        The precision, and why.

    Raises:
        BackendError: The precision that is asked for is not there.
    """
    there = [precision for precision, lack in lacks.items() if not lack]
    if asked == "auto":
        return there[0], "the fastest that these weights and this machine have"
    if asked not in there:
        lack = lacks.get(asked, "this backend does not have it")
        raise BackendError(f"precision '{asked}': {lack}; use {', '.join(map(repr, there))} or 'auto'")
    return asked, "asked for"


def weights_in(precision: str, model: ModelSpec, checkpoint: ReadWeights) -> Weights:
    """Return the arrays to build a graph of, with their quantization where the precision is "int8".

    Raises:
        CheckpointError: The quantization cannot be used.
    """
    if precision != "int8" or model.quantization is None:
        return checkpoint.weights
    return load_quantization(model.quantization, checkpoint.weights, checkpoint.sha256)


def choose_threads(options: RuntimeOptions) -> int:
    """Choose the maximum number of CPU threads; 0 = the runtime's own choice, one for each core.

    Without the option OMP_NUM_THREADS bounds every runtime's threads as it does PyTorch's.
    """
    text = os.environ.get("OMP_NUM_THREADS", "")
    return options.threads or (int(text) if text.isdigit() else 0)
