"""OpenVINO on the processor, the fastest way without a GPU: in which precision and on how many threads it runs."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from openvino import Core, InferRequest, Model

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
        "bfloat16": "" if _has_bfloat16() else "a processor without bfloat16 (AVX512_BF16 or AMX)",
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
        threads: Largest number of processor threads; 0 = one for each core.
        precision: What `choose_precision` returned.
        device: Where and how it runs, for people to read.
    """

    batches_pay = False  # on a processor a batch is no faster than its images alone

    def __init__(self, graph: Model, threads: int, precision: str, device: str):
        self.device = device
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


def _has_bfloat16() -> bool:
    return "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
