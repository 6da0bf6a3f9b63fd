"""OpenVINO on the processor: in which precision and on how many threads a network runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import numpy as np
from openvino import Core, InferRequest, Model

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.backend import describe
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.quantization_file import load_quantization
from superpoint_ros.networks.weights_file import Weights

MAX_SIZES = 8  # sizes of images for which compiled graphs are kept, a pyramid of seven scales among them
LACKS = {
    "int8": "weights that are not quantized (see superpoint-ros quantize)",
    "bfloat16": "a processor without bfloat16 (AVX512_BF16 or AMX)",
}


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


def load_network(
    build: Callable[[Weights], Model], model: ModelSpec, checkpoint: ReadWeights, options: RuntimeOptions
) -> tuple[Network, str]:
    """Load a network in the precision that the options, its quantization and this processor allow.

    Args:
        build: Builds its graph of its arrays.
        model: Says how it is quantized, if it is.
        checkpoint: Its arrays.
        options: What is asked for.

    Returns:
        The network, and a description of where and how, for people to read.

    Raises:
        BackendError: The device, or a precision that this processor or the weights do not have.
        CheckpointError: The quantization cannot be used.
    """
    precision, reason = choose_precision(options, quantized=model.quantization is not None)
    weights = checkpoint.weights
    if precision == "int8" and model.quantization:
        weights = load_quantization(model.quantization, weights, checkpoint.sha256)
    network = Network(build(weights), options.threads or _threads_of_environment(), precision)
    return network, describe(model, "cpu", "OpenVINO", precision, reason)


class Network:
    """Run a graph, compiled for each size of image when the first of that size comes.

    That takes a tenth of a second for SuperPoint, half a second for D3; the network is then a tenth faster than one
    compiled for any size.

    Args:
        graph: The graph, for any size.
        threads: Largest number of processor threads; 0 = one for each core.
        precision: What `choose_precision` returned.
    """

    def __init__(self, graph: Model, threads: int, precision: str):
        # What is not quantized of a graph in 8 bits is computed in bfloat16 where the processor has it.
        floating = "f32" if precision == "float32" or not _has_bfloat16() else "bf16"
        self._settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": floating}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = str(threads)
        self._graph = graph
        self._request_for = lru_cache(MAX_SIZES)(self._compile)

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Return the outputs; they are overwritten by the next call with inputs of these shapes."""
        request = self._request_for(tuple(array.shape for array in inputs))
        request.infer(dict(enumerate(inputs)), share_inputs=True)
        return [tensor.data for tensor in request.output_tensors]

    def _compile(self, shapes: tuple[tuple[int, ...], ...]) -> InferRequest:
        graph = self._graph.clone()
        graph.reshape(dict(enumerate(map(list, shapes))))
        return Core().compile_model(graph, "CPU", self._settings).create_infer_request()


def choose_precision(options: RuntimeOptions, *, quantized: bool) -> tuple[str, str]:
    """Choose the precision: of "auto", the fastest that this processor and the weights have.

    Args:
        options: Which precision is asked for, and on which device.
        quantized: Whether it is known how the weights are quantized.

    Returns:
        "float32", "bfloat16" or "int8", and why.

    Raises:
        BackendError: The device, or a precision that this processor or the weights do not have.
    """
    if options.device not in ("auto", "cpu"):
        raise BackendError(f"device '{options.device}' is not one of auto, cpu, which is where 'openvino' runs")
    is_there = {"int8": quantized, "bfloat16": _has_bfloat16(), "float32": True}
    if options.precision == "auto":
        return next(filter(is_there.get, is_there)), "the fastest that these weights and this processor have"
    if not is_there[options.precision]:
        raise BackendError(f"precision '{options.precision}': {LACKS[options.precision]}; use 'float32' or 'auto'")
    return options.precision, "asked for"


def _has_bfloat16() -> bool:
    return "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _threads_of_environment() -> int:
    """Read OMP_NUM_THREADS, which bounds OpenVINO's threads as it does PyTorch's."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    return int(text) if text.isdigit() else 0
