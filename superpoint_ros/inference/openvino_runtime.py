"""OpenVINO on the processor: in which precision and on how many threads a graph is compiled."""

from __future__ import annotations

import os
from collections.abc import Callable

from openvino import Core, InferRequest, Model

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.network_options import RuntimeOptions

# Name at every door of this package: OpenVINO's. A graph that holds quantized layers computes the others in float32.
PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}


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
    checks: dict[str, tuple[Callable[[], bool], str]] = {
        "int8": (lambda: quantized, "weights that are not quantized (see superpoint-ros quantize)"),
        "bfloat16": (lambda: _has_bfloat16(), "a processor without bfloat16 (AVX512_BF16 or AMX)"),
        "float32": (lambda: True, ""),
    }
    if options.precision == "auto":
        chosen = next(name for name, (is_there, _) in checks.items() if is_there())
        return chosen, "the fastest that these weights and this processor have"
    is_there, lack = checks[options.precision]
    if not is_there():
        raise BackendError(f"precision '{options.precision}': {lack}; use 'float32' or 'auto'")
    return options.precision, "asked for"


def _has_bfloat16() -> bool:
    return "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _threads_of_environment() -> int:
    """Read OMP_NUM_THREADS, which bounds OpenVINO's threads as it does PyTorch's."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    return int(text) if text.isdigit() else 0
