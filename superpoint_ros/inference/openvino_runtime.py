"""OpenVINO on the processor: in which precision and on how many threads a network runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from openvino import Core, InferRequest, Model

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.backend import describe
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.quantization_file import load_quantization
from superpoint_ros.networks.weights_file import Weights

# Name at every door of this package: OpenVINO's. A graph that holds quantized layers computes the others in float32.
PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}
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
) -> tuple[InferRequest, str]:
    """Load a network in the precision that the options, its quantization and this processor allow.

    Args:
        build: Builds its graph of its arrays.
        model: Says how it is quantized, if it is.
        checkpoint: Its arrays.
        options: What is asked for.

    Returns:
        What runs it, and a description of where and how, for people to read.

    Raises:
        BackendError: The device, or a precision that this processor or the weights do not have.
        CheckpointError: The quantization cannot be used.
    """
    precision, reason = choose_precision(options, quantized=model.quantization is not None)
    weights = checkpoint.weights
    if precision == "int8" and model.quantization:
        weights = load_quantization(model.quantization, weights, checkpoint.sha256)
    request = compile_graph(build(weights), options, precision)
    return request, describe(model, "cpu", "OpenVINO", precision, reason)


def compile_graph(graph: Model, options: RuntimeOptions, precision: str) -> InferRequest:
    """Compile a graph for latency; images of any size can be run without compiling again."""
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
    threads = options.threads or _threads_of_environment()
    if threads:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    return Core().compile_model(graph, "CPU", settings).create_infer_request()


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
