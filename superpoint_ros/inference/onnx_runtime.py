"""ONNX Runtime, on NVIDIA's GPUs by TensorRT or CUDA, else on the processor: in which precision a network runs."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from onnx import ModelProto

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
from superpoint_ros.inference.onnx_operations import ONNXOperations

Provider: TypeAlias = tuple[str, dict[str, Any]]
TENSORRT, CUDA, PROCESSOR = "TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"
RUNTIMES = {TENSORRT: "ONNX Runtime with TensorRT", CUDA: "ONNX Runtime with CUDA", PROCESSOR: "ONNX Runtime"}
# Sums of squares leave the range of float16, and what a softmax or a division ends in keeps its digits.
KEPT_IN_FLOAT32 = ["ReduceSumSquare", "Max", "Sqrt", "Div", "Softmax"]
CPU_INFO = Path("/proc/cpuinfo")
ERRORS_ALONE = 3  # severity of the runtime's log
logger = logging.getLogger(__name__)


def load_network(
    build: BuildGraph, model: ModelSpec, checkpoint: ReadWeights, options: RuntimeOptions
) -> ONNXRuntimeNetwork:
    """Load a network; see inference/graph_runtime.py."""
    gpu = _gpu_number(options.device)
    if gpu is not None and has_gpu_providers():
        network = _load_on_gpu(build, model, checkpoint, options, gpu)
        if network is not None:
            return network
        if options.device == "auto":
            logger.warning("ONNX Runtime starts neither TensorRT nor CUDA; using the CPU")
    if options.device.startswith("cuda"):
        raise BackendError(
            f"device '{options.device}' was asked for, but ONNX Runtime {onnxruntime.__version__} "
            f"({', '.join(onnxruntime.get_available_providers())}) starts neither TensorRT nor CUDA there; install a "
            "driver and onnxruntime-gpu in place of onnxruntime, on Jetson NVIDIA's build of it, or use device 'cpu' "
            "or 'auto'"
        )
    return _load_on_processor(build, model, checkpoint, options)


def has_gpu_providers() -> bool:
    """Tell whether this build of ONNX Runtime has TensorRT or CUDA."""
    return not {TENSORRT, CUDA}.isdisjoint(onnxruntime.get_available_providers())


def _gpu_number(device: str) -> int | None:
    """Return the number of the GPU that may be taken; None for the processor."""
    if device == "cpu":
        return None
    match = re.fullmatch(r"auto|cuda(?::(\d+))?", device)
    if match is None:
        raise BackendError(f"device '{device}' is not one of auto, cpu, cuda, cuda:N")
    return int(match[1] or 0)


def _load_on_gpu(
    build: BuildGraph, model: ModelSpec, checkpoint: ReadWeights, options: RuntimeOptions, gpu: int
) -> ONNXRuntimeNetwork | None:
    """Load a network on a GPU; return None where neither TensorRT nor CUDA starts."""
    lacks = {"float16": "", "float32": "", "int8": "ONNX Runtime has it on the CPU (device 'cpu')"}
    precision, reason = choose_precision(options.precision, lacks)
    graph = build(ONNXOperations(), checkpoint.weights)
    if precision == "float16":
        from onnxruntime.transformers.float16 import convert_float_to_float16  # a second to import

        graph = convert_float_to_float16(graph, keep_io_types=True, op_block_list=KEPT_IN_FLOAT32)
    cache = _cache_folder() / f"{checkpoint.sha256}_{precision}"
    # TensorRT takes minutes to build an engine, and its name for one does not tell weights apart.
    tensorrt = {"device_id": gpu, "trt_engine_cache_enable": True, "trt_engine_cache_path": str(cache),
                "trt_fp16_enable": precision == "float16"}  # fmt: skip
    session = _start(graph, options, [(TENSORRT, tensorrt), (CUDA, {"device_id": gpu})])
    if (first := session.get_providers()[0]) == PROCESSOR:
        return None
    device = describe(model, f"cuda:{gpu}", RUNTIMES[first], precision, reason)
    return ONNXRuntimeNetwork(session, device, batches_pay=True)


def _load_on_processor(
    build: BuildGraph, model: ModelSpec, checkpoint: ReadWeights, options: RuntimeOptions
) -> ONNXRuntimeNetwork:
    lacks = {
        "int8": "" if model.quantization else NOT_QUANTIZED,
        "float32": "",
        "float16": "ONNX Runtime is fast in it on a GPU alone",
    }
    precision, reason = choose_precision(options.precision, lacks)
    session = _start(build(ONNXOperations(), weights_in(precision, model, checkpoint)), options, [])
    device = describe(model, "cpu", RUNTIMES[PROCESSOR], precision, reason)
    return ONNXRuntimeNetwork(session, device, batches_pay=False)


def _start(graph: ModelProto, options: RuntimeOptions, providers: list[Provider]) -> onnxruntime.InferenceSession:
    """Start a session with those of the providers that are there, and the processor for what is left."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = ERRORS_ALONE
    settings.intra_op_num_threads = choose_threads(options)
    # Threads that wait for the next layer or image would spin: two thirds more processor time, and no faster.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.x64quantprecision", "1" if _may_saturate() else "0")
    available = onnxruntime.get_available_providers()
    chosen = [provider for provider in providers if provider[0] in available]
    return onnxruntime.InferenceSession(graph.SerializeToString(), settings, [*chosen, PROCESSOR])


def _may_saturate() -> bool:
    """Tell whether sums of 8-bit products could saturate, as on x86 without VNNI; the exact way takes twice as long."""
    try:
        return "vnni" not in CPU_INFO.read_text(encoding="utf-8")
    except OSError:
        return True


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "superpoint_ros" / "tensorrt"


class ONNXRuntimeNetwork:
    """Run a graph for images of any size.

    Args:
        session: The graph's session.
        device: Where and how it runs, for people to read.
        batches_pay: Whether several images at once are faster than one after the other.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str, *, batches_pay: bool):
        self.device = device
        self.batches_pay = batches_pay
        self._session = session
        self._names = [one.name for one in session.get_inputs()]

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Return the outputs."""
        outputs: list[np.ndarray] = self._session.run(None, dict(zip(self._names, inputs, strict=True)))
        return outputs
