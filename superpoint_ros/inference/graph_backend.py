"""SuperPoint as a graph, in a runtime of graphs."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.decoding import decode
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.core.stages import stage
from superpoint_ros.inference.graph_runtime import LoadNetwork
from superpoint_ros.inference.graphs import build_superpoint
from superpoint_ros.inference.keypoints import Keypoints
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.checkpoint import load_checkpoint


class GraphBackend:
    """Run SuperPoint; see inference/backend.py.

    Images of a batch go through one after the other where that is as fast: each is decoded while its answers are still
    in the cache.

    Args:
        load: Loads a network in the runtime.
        model: Which weights.
        options: Where and how it runs.
    """

    def __init__(self, load: LoadNetwork, model: ModelSpec, options: RuntimeOptions):
        checkpoint = load_checkpoint(model.file, model.sha256)
        self._network = load(build_superpoint, model, checkpoint, options)
        self.device = self._network.device
        self.batches_pay = self._network.batches_pay
        self.descriptor_sampling = model.descriptor_sampling or checkpoint.descriptor_sampling
        self.sha256 = checkpoint.sha256

    def __call__(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        """Find the keypoints of images uint8 (B, H, W)."""
        if self.batches_pay:
            return self._run(images, options)
        return [keypoints for image in images for keypoints in self._run(image[None], options)]

    def _run(self, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
        with stage("network"):
            padded = np.stack([pad_to_multiple(image, CELL_SIZE) for image in images])
            probability, dense = self._network(padded[:, None])
        with stage("decode"):
            size = (images.shape[1], images.shape[2])
            return [decode(*answer, size, options) for answer in zip(probability, dense, strict=True)]
