"""Images in, keypoints with descriptors out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.image import to_gray
from superpoint_ros.core.types import Features
from superpoint_ros.inference.backend import load_backend
from superpoint_ros.inference.models import find_model
from superpoint_ros.inference.pyramid import extract_at_scales


class Extractor:
    """SuperPoint with its weights, ready to run.

    Args:
        weights: path of a weights file (.safetensors or .pth); None = the weights that ship.
        model: name of a shipped model or path of a model file, see inference/models.py.
        backend: "auto" or a name in inference/backend.py's table.
        device: "auto", "cpu", "cuda", "cuda:N".
        max_keypoints, threshold, nms_radius, border, grid, sampling, subpixel, scales: see core/options.py. None = what
            the model is meant to be used with.

    Raises:
        CheckpointError: weights or model that cannot be used.
        BackendError: a backend or device that is not there.
        ValueError: an option out of range.

    Attributes:
        options: the DecodeOptions in force; may be replaced between calls.
        name: of the model.
        device: where it runs, for people to read.
        weights_sha256: digest of the weights file.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        model: str | Path | None = None,
        backend: str = "auto",
        device: str = "auto",
        max_keypoints: int = 1000,
        threshold: float | None = None,
        nms_radius: int = 4,
        border: int = 4,
        grid: tuple[int, int] = (1, 1),
        sampling: str | None = None,
        subpixel: bool | None = None,
        scales: Sequence[float] = (1.0,),
    ):
        facts = find_model(weights, model)
        self._backend = load_backend(backend, facts, device)
        self.options = DecodeOptions(
            threshold=facts.threshold if threshold is None else threshold,
            nms_radius=nms_radius,
            border=border,
            max_keypoints=max_keypoints,
            grid=grid,
            sampling=sampling or self._backend.sampling,
            subpixel=facts.subpixel if subpixel is None else subpixel,
            scales=tuple(scales),
        )
        self.name = facts.name
        self.device = self._backend.device
        self.weights_sha256 = self._backend.sha256

    @overload
    def extract(self, images: np.ndarray, color: str = "bgr") -> Features: ...

    @overload
    def extract(self, images: Sequence[np.ndarray], color: str = "bgr") -> list[Features]: ...

    def extract(self, images: np.ndarray | Sequence[np.ndarray], color: str = "bgr") -> Features | list[Features]:
        """Keypoints and descriptors of one image, or of a list of images whose sizes may differ.

        Images of one size go through the network as one batch per scale. Sizes that do not divide by 8 are padded,
        never stretched; nothing is found in the padding.

        Args:
            images: uint8 (H, W), (H, W, 1) or (H, W, 3), or a sequence of such.
            color: channel order of three-channel images, "bgr" or "rgb".

        Raises:
            ImageError: an image of another dtype or shape, or without pixels.
        """
        if isinstance(images, np.ndarray):
            return self.extract([images], color)[0]
        grays = [to_gray(image, color) for image in images]
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, gray in enumerate(grays):
            by_size[gray.shape].append(index)
        features: dict[int, Features] = {}
        for size, indices in by_size.items():
            batch = np.stack([grays[index] for index in indices])
            keypoints = extract_at_scales(self._backend, batch, self.options)
            for index, (xy, score, descriptors) in zip(indices, keypoints, strict=True):
                features[index] = Features(xy, score, descriptors, size)
        return [features[index] for index in range(len(grays))]
