"""An image and sparse depth in, dense depth with its confidence out."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from superpoint_ros.core.depth_hints import depth_hints
from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.image import ChannelOrder, fit_within, resize_image, to_rgb
from superpoint_ros.core.options import NoneMeaning, check_options, option
from superpoint_ros.core.sparse_depth import clean_sparse_depth, resize_sparse_depth, unit_warning
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.inference.depth_backend import find_depth_model, load_depth_backend
from superpoint_ros.inference.network_options import Precision, RuntimeOptions

PIXELS_PER_SAMPLE = 100
MIN_LONGER_SIDE = 320  # pixels
TRUSTED_RATIO = 1.1  # confidence is the probability that depth and truth differ by less than this factor

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DensifierOptions:
    """Describe how depth is made dense.

    >>> DensifierOptions(min_confidence=0.5).max_image_size
    640

    Raises:
        ParameterError: A value that is not allowed.
    """

    max_image_size: int = option(
        640,
        "Maximum longer side of the network's input; larger images are downscaled, further where samples are few, and "
        "their depth is upscaled again.",
        unit="px",
        limits=(32, 4096),
        fixed=True,
    )
    min_confidence: float = option(0.0, "Minimum confidence; depth of less is left out.", limits=(0.0, 1.0))
    fallback_depth: float | None = option(
        None,
        "Typical depth of the scene, from which depth is guessed, with confidence 0, for an image without samples.",
        unit="m",
        limits=(0.01, 1000.0),
        fixed=True,
        none=NoneMeaning("no guess", 0),
    )

    def __post_init__(self) -> None:
        check_options(self)


class Densifier:
    """Run D3 with its weights.

    >>> image, sparse = np.zeros((96, 128, 3), np.uint8), np.full((96, 128), np.nan, np.float32)
    >>> sparse[::16, ::16] = 2.0  # meters
    >>> dense = Densifier(device="cpu").densify(image, sparse)
    >>> dense.depth.shape, bool(abs(np.median(dense.depth) - 2.0) < 0.2)
    ((96, 128), True)

    Args:
        weights: Path of a weights file (.safetensors); None = the bundled weights.
        model: Name of a bundled model or path of a model file, see inference/models.py.
        backend: "auto" or a name in inference/depth_backend.py's table.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: "auto", "float32", "bfloat16", "float16" or "int8", see inference/network_options.py.
        threads: Maximum number of CPU threads; None = OMP_NUM_THREADS, or one for each core.
        options: How depth is made dense.

    Raises:
        CheckpointError: The weights or the model cannot be used.
        BackendError: A backend or device that is not there.

    Attributes:
        options: The DensifierOptions in force; may be replaced between calls.
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
        options: DensifierOptions = DensifierOptions(),
    ):
        runtime = RuntimeOptions(backend=backend, device=device, precision=precision, threads=threads)
        spec = find_depth_model(weights, model)
        self._backend = load_depth_backend(spec, runtime)
        self.name = spec.name
        self.options = options
        self._unit_warned = False
        self.weights_sha256 = self._backend.sha256

    @property
    def device(self) -> str:
        """Return where and how it runs, for people to read."""
        return self._backend.device

    def densify(self, image: np.ndarray, sparse: np.ndarray, *, color: ChannelOrder = "bgr") -> DenseDepth:
        """Make the sparse depth of one image dense.

        Depth and samples scale together: samples times k give depth times k and the same confidence.

        Args:
            image: Image, uint8 (H, W), (H, W, 1) or (H, W, 3).
            sparse: Depth along the optical axis, float32 (H, W), meters; NaN or 0 where unknown. Negative and infinite
                samples are dropped, with a warning. Without any sample nothing is known: confidence 0, and NaN or a
                guess (see fallback_depth).
            color: Channel order of a three-channel image, "bgr" or "rgb".

        Raises:
            ImageError: An image or sparse depth of another dtype or shape, or of different sizes.
        """
        rgb = to_rgb(image, color=color)
        samples, dropped = clean_sparse_depth(sparse)
        if samples.shape != rgb.shape[:2]:
            raise ImageError(f"sparse depth of size {samples.shape} for an image of size {rgb.shape[:2]}; resize one")
        if dropped:
            logger.warning("%d invalid samples (negative or infinite) dropped", dropped)
        if np.isfinite(samples).any():
            self._warn_of_unit(float(np.nanmedian(samples)))
            depth, confidence = self._run(rgb, samples)
        else:
            confidence = np.zeros(samples.shape, np.float32)
            depth = self._run(rgb, samples)[0] if self.options.fallback_depth else np.full_like(confidence, np.nan)
        return DenseDepth(np.where(confidence < self.options.min_confidence, np.float32(np.nan), depth), confidence)

    def _warn_of_unit(self, median: float) -> None:
        if not self._unit_warned and (warning := unit_warning(median)):
            logger.warning(warning)
            self._unit_warned = True

    def _run(self, rgb: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute depth and confidence, float32 (H, W), from clean samples."""
        size = (samples.shape[0], samples.shape[1])
        smaller = working_size(size, int(np.isfinite(samples).sum()), self.options.max_image_size)
        rgb = resize_image(rgb, smaller)
        hints = depth_hints(rgb, resize_sparse_depth(samples, smaller), self.options.fallback_depth or 0.0)
        log_depth, log_spread = self._backend(rgb, hints.maps)
        depth = hints.scale / _enlarge(np.exp(-log_depth), size)
        return depth, _enlarge(confidence_from_spread(log_spread), size)


def working_size(size: tuple[int, int], samples: int, max_image_size: int) -> tuple[int, int]:
    """Choose the (height, width) that the network sees of an image: about PIXELS_PER_SAMPLE pixels for each sample.

    More pixels do not help where samples are few, fewer put several samples into one pixel. The longer side is at most
    `max_image_size` and, if the image and that allow it, at least MIN_LONGER_SIDE.
    """
    wanted = max(size) * math.sqrt(PIXELS_PER_SAMPLE * samples / (size[0] * size[1]))
    return fit_within(size, min(max_image_size, max(MIN_LONGER_SIDE, round(wanted))))


def confidence_from_spread(log_spread: np.ndarray) -> np.ndarray:
    """Convert the log of the spread of Laplace-distributed errors e of log depth to P(|e| < log TRUSTED_RATIO)."""
    confidence: np.ndarray = (1.0 - np.exp(-math.log(TRUSTED_RATIO) / np.exp(log_spread))).astype(np.float32)
    return confidence


def _enlarge(plane: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Enlarge (h, w) to float32 of `size`, bilinear: exact for the inverse depth of planes."""
    return cv2.resize(plane.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)
