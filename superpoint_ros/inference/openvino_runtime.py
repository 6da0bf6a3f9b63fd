"""OpenVINO on the processor, the fastest way without a GPU: in which precision and on how many threads it runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache, partial

import numpy as np
from openvino import Core, InferRequest, Model

from superpoint_ros.core.allocation import give_back_free_memory
from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.backend import describe
from superpoint_ros.inference.graph_runtime import (
    NOT_QUANTIZED,
    ReadWeights,
    choose_precision,
    choose_threads,
    weights_in,
)
from superpoint_ros.inference.graphs import BuildGraph
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.inference.openvino_operations import OpenVINOOperations

MAX_SIZES = 8  # sizes of images for which compiled graphs are kept, a pyramid of seven scales among them


def load_network(
    build: BuildGraph, model: ModelSpec, checkpoint: ReadWeights, options: RuntimeOptions
) -> OpenVINONetwork:
    """Load a network; see inference/graph_runtime.py."""
    if options.device not in ("auto", "cpu"):
        raise BackendError(f"device '{options.device}' is not one of auto, cpu, which is where 'openvino' runs")
    lacks = {
        "int8": "" if model.quantization else NOT_QUANTIZED,
        "bfloat16": "" if _has_bfloat16() else "a CPU without bfloat16 (AVX512_BF16 or AMX)",
        "float32": "",
    }
    precision, reason = choose_precision(options.precision, lacks)
    graph = build(OpenVINOOperations(), weights_in(precision, model, checkpoint))
    device = describe(model, "cpu", "OpenVINO", precision, reason)
    return OpenVINONetwork(graph, choose_threads(options), precision, device)


class OpenVINONetwork:
    """Run a graph, compiled for each size of image when the first of that size comes.

    That takes a tenth of a second for SuperPoint, half a second for D3; the network is then a tenth faster than one
    compiled for any size.

    Args:
        graph: The graph, for any size.
        threads: Maximum number of CPU threads; 0 = one for each core.
        precision: What `choose_precision` returned.
        device: Where and how it runs, for people to read.
    """

    batches_pay = False  # on a processor a batch is no faster than its images alone

    def __init__(self, graph: Model, threads: int, precision: str, device: str):
        self.device = device
        # What is not quantized of a graph in 8 bits is computed in bfloat16 where the processor has it.
        floating = "f32" if precision == "float32" or not _has_bfloat16() else "bf16"
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": floating}
        if threads:
            settings["INFERENCE_NUM_THREADS"] = str(threads)
        self._request_for = lru_cache(MAX_SIZES)(partial(_compile, graph, settings))

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Return the outputs; they are overwritten by the next call with inputs of these shapes."""
        request = self._request_for(tuple(array.shape for array in inputs))
        request.infer(dict(enumerate(inputs)), share_inputs=True)
        return [tensor.data for tensor in request.output_tensors]


def _compile(graph: Model, settings: Mapping[str, str], shapes: tuple[tuple[int, ...], ...]) -> InferRequest:
    graph = graph.clone()
    graph.reshape(dict(enumerate(map(list, shapes))))
    request = _core().compile_model(graph, "CPU", settings).create_infer_request()
    # Compiling leaves some megabytes of free blocks, which would lie between what stays; a millisecond returns them.
    give_back_free_memory()
    return request


@cache
def _core() -> Core:
    """Return the one core of the process.

    With its last core OpenVINO unloads its processor plugin, and with it the stack for signals that it gave the thread
    which loaded it. Where another thread unloads it, the next signal to the first one, as of Ctrl-C, ends the process.
    """
    return Core()


def _has_bfloat16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
