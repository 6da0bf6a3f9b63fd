"""Images in, keypoints with descriptors out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload

import numpy as np

from superpoint_ros.core.decode_options import DecodeOptions, ResolvedDecodeOptions
from superpoint_ros.core.image import ChannelOrder, fit_within, to_gray
from superpoint_ros.core.types import Features
from superpoint_ros.inference.backend import load_backend
from superpoint_ros.inference.models import find_model
from superpoint_ros.inference.network_options import Precision, RuntimeOptions
from superpoint_ros.inference.pyramid import extract_at_scales


class Extractor:
    """Run SuperPoint with its weights.

    >>> image = np.kron(np.random.default_rng(0).integers(0, 256, (15, 20)), np.ones((8, 8))).astype(np.uint8)
    >>> extractor = Extractor(device="cpu", options=DecodeOptions(max_keypoints=50))
    >>> features = extractor.extract(image)
    >>> features.xy.shape, features.descriptors.shape
    ((50, 2), (50, 256))

    Args:
        weights: Path of a weights file (.safetensors or .pth); None = the bundled weights.
        model: Name of a bundled model or path of a model file, see inference/models.py.
        backend: "auto" or a name in inference/backend.py's table.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: "auto", "float32", "bfloat16", "float16" or "int8", see inference/network_options.py.
        threads: Maximum number of CPU threads; None = OMP_NUM_THREADS, or one for each core.
        options: How keypoints are chosen.

    Raises:
        CheckpointError: The weights or the model cannot be used.
        BackendError: A backend or device that is not there.

    Attributes:
        options: The DecodeOptions in force; may be replaced between calls.
        name: Name of the model.
        weights_sha256: Digest of the weights file.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        model: str | Path | None = None,
        backend: str = RuntimeOptions.backend,
        device: str = RuntimeOptions.device,
        precision: Precision = RuntimeOptions.precision,
        threads: int | None = RuntimeOptions.threads,
        options: DecodeOptions = DecodeOptions(),
    ):
        self._spec = find_model(weights, model)
        runtime = RuntimeOptions(backend=backend, device=device, precision=precision, threads=threads)
        self._backend = load_backend(self._spec, runtime)
        self.options = options
        self.name = self._spec.name
        self.weights_sha256 = self._backend.sha256

    @property
    def device(self) -> str:
        """Return where and how it runs, for people to read."""
        return self._backend.device

    @property
    def batches_pay(self) -> bool:
        """Return whether several images at once are faster than one after the other."""
        return self._backend.batches_pay

    @property
    def resolved_options(self) -> ResolvedDecodeOptions:
        """Return the options in force, with the model's own values where `options` leaves them to it."""
        return self.options.resolve(
            detection_threshold=self._spec.detection_threshold,
            descriptor_sampling=self._backend.descriptor_sampling,
            subpixel=self._spec.subpixel,
        )

    @overload
    def extract(self, images: np.ndarray, *, color: ChannelOrder = "bgr") -> Features: ...

    @overload
    def extract(self, images: Sequence[np.ndarray], *, color: ChannelOrder = "bgr") -> list[Features]: ...

    def extract(
        self, images: np.ndarray | Sequence[np.ndarray], *, color: ChannelOrder = "bgr"
    ) -> Features | list[Features]:
        """Extract keypoints and descriptors of one image, or of a list of images whose sizes may differ.

        Images of one size go through the network as one batch per scale. Sizes that do not divide by 8 are padded,
        never stretched; nothing is found in the padding.

        Args:
            images: Image, uint8 (H, W), (H, W, 1) or (H, W, 3), or a sequence of such.
            color: Channel order of three-channel images, "bgr" or "rgb".

        Raises:
            ImageError: An image that could not be read (None), of another dtype or shape, or without pixels.
        """
        if isinstance(images, np.ndarray) or not isinstance(images, Iterable):
            return self.extract([images], color=color)[0]
        grays = [to_gray(image, color=color) for image in images]
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, gray in enumerate(grays):
            by_size[gray.shape].append(index)
        options = self.resolved_options
        features: dict[int, Features] = {}
        for size, indices in by_size.items():
            batch = np.stack([grays[index] for index in indices])
            keypoints = extract_at_scales(self._backend, batch, options)
            for index, (xy, score, descriptors) in zip(indices, keypoints, strict=True):
                features[index] = Features(xy, score, descriptors, size, self._sigma(score, size, options))
        return [features[index] for index in range(len(grays))]

    def _sigma(self, score: np.ndarray, size: tuple[int, int], options: ResolvedDecodeOptions) -> np.ndarray | None:
        """Return the standard deviation of keypoints (N,) by their scores, pixels; None where it is not known."""
        if self._spec.keypoint_variance is None or not options.subpixel or options.scales != (1.0,):
            return None
        floor, height, decay = self._spec.keypoint_variance
        shrunk = max(fit_within(size, options.max_image_size or max(size))) / max(size)
        sigma: np.ndarray = np.sqrt(floor + height * np.exp(-decay * score)) / np.float32(shrunk)
        return sigma.astype(np.float32)
