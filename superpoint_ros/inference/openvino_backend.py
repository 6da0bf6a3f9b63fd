"""SuperPoint in OpenVINO, on the processor: the fastest way without a GPU."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.decoding import decode
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.core.stages import stage
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.inference.openvino_graph import build_superpoint
from superpoint_ros.inference.openvino_runtime import load_network
from superpoint_ros.networks.checkpoint import load_checkpoint


class OpenVINOBackend:
    """Run SuperPoint on the processor; see inference/backend.py.

    Images of a batch go through one after the other: on a processor a batch is no faster than its images alone, and
    each is decoded while its answers are still in the cache.
    """

    batches_pay = False

    def __init__(self, model: ModelSpec, options: RuntimeOptions):
        checkpoint = load_checkpoint(model.file, model.sha256)
        self._network, self.device = load_network(build_superpoint, model, checkpoint, options)
        self.descriptor_sampling = model.descriptor_sampling or checkpoint.descriptor_sampling
        self.sha256 = checkpoint.sha256

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Find the keypoints of images uint8 (B, H, W)."""
        return [self._run(image, options) for image in images]

    def _run(self, image: np.ndarray, options: ResolvedDecodeOptions) -> Keypoints:
        with stage("network"):
            padded = np.ascontiguousarray(pad_to_multiple(image, CELL_SIZE))
            probability, dense = self._network(padded[None, None])
        with stage("decode"):
            return decode(probability[0], dense[0], (image.shape[0], image.shape[1]), options)
