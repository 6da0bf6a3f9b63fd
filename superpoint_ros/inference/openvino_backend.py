"""The network in OpenVINO, on the processor: the fastest way on x86-64 without a GPU."""

from __future__ import annotations

import os

import numpy as np

from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.decoding import decode
from superpoint_ros.core.errors import BackendError
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.networks.checkpoint import load_checkpoint


def _settings() -> dict[str, str]:
    """Compile for latency in float32; OMP_NUM_THREADS bounds the threads, as it does for PyTorch."""
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return settings | {"INFERENCE_NUM_THREADS": threads} if threads.isdigit() else settings


class OpenVINOBackend:
    """Run SuperPoint in float32 on the processor; see inference/backend.py.

    Images of a batch go through one after the other: on a processor a batch is no faster than its images alone, and
    each is decoded while its answers are still in the cache.
    """

    def __init__(self, model: ModelSpec, device: str = "auto"):
        if device not in ("auto", "cpu"):
            raise BackendError(f"device '{device}' is not one of auto, cpu, which is where backend 'openvino' runs")
        import openvino

        from superpoint_ros.inference.openvino_graph import build_superpoint

        checkpoint = load_checkpoint(model.file, model.sha256)
        compiled = openvino.Core().compile_model(build_superpoint(checkpoint.weights), "CPU", _settings())
        self._request = compiled.create_infer_request()
        self.descriptor_sampling = model.descriptor_sampling or checkpoint.descriptor_sampling
        self.sha256 = checkpoint.sha256
        self.device = "cpu"

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Find the keypoints of images uint8 (B, H, W)."""
        return [self._run(image, options) for image in images]

    def _run(self, image: np.ndarray, options: ResolvedDecodeOptions) -> Keypoints:
        padded = np.ascontiguousarray(pad_to_multiple(image, CELL_SIZE))
        self._request.infer({0: padded[None, None]}, share_inputs=True)
        probability, dense = (self._request.get_output_tensor(index).data for index in (0, 1))
        return decode(probability[0], dense[0], (image.shape[0], image.shape[1]), options)
