"""Detectors behind one interface: gray image in, Features out, strongest first, with their settings.

Descriptors are always unit vectors, so one matcher serves all. Binary ones of n bits become +-1/sqrt(n); their
Euclidean distance 2 sqrt(h / n) grows with the Hamming distance h, so the order of matches is the same.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import DetectorError
from superpoint_ros.core.matching import DEFAULT_MAX_DISTANCE
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.detectors import opencv as opencv_detectors
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.unit_features import top_features, unit_bits, unit_rows
from superpoint_ros.inference.extractor import Extractor

ANY_DISTANCE = 2.0


@dataclass(frozen=True)
class Detector:
    """Hold a detector that is ready to run.

    Attributes:
        name: Name by which it was asked for.
        detect: uint8 (H, W) -> Features; their descriptors have size 0 where `describes` is false.
        describes: Whether it has descriptors.
        max_descriptor_distance: Descriptor distance at and above which two keypoints never match, where a protocol has
            such a limit.
        settings: Everything that determines the result, for the report.
    """

    name: str
    detect: Callable[[np.ndarray], Features]
    describes: bool
    max_descriptor_distance: float
    settings: Mapping[str, Any]


def _superpoint(
    options: DetectorOptions, name: str = "superpoint", weights: str | None = None, model: str | None = None
) -> Detector:
    extractor = Extractor(
        weights=weights,
        model=model,
        **vars(options.runtime),
        options=DecodeOptions(
            max_keypoints=options.max_keypoints,
            detection_threshold=options.detection_threshold,
            nms_radius=options.nms_radius,
            scales=options.scales,
        ),
    )
    settings = {
        "model": extractor.name,
        "weights_sha256": extractor.weights_sha256,
        "device": extractor.device,
        **vars(extractor.resolved_options),
    }
    return Detector(
        name, extractor.extract, describes=True, max_descriptor_distance=DEFAULT_MAX_DISTANCE, settings=settings
    )


def _magicpoint(options: DetectorOptions) -> Detector:
    """Make the detector that was trained on Synthetic Shapes alone; its descriptors are untrained."""
    return replace(_superpoint(options, "magicpoint", model="magicpoint"), describes=False)


def _superpoint_lite(options: DetectorOptions) -> Detector:
    return _superpoint(options, "superpoint_lite", model="superpoint_lite")


def _random(options: DetectorOptions) -> Detector:
    """Make a detector of random keypoints and descriptors, the same for the same image: the chance level."""

    def detect(image: np.ndarray) -> Features:
        rng = np.random.default_rng([options.seed, zlib.crc32(image.tobytes())])
        height, width = image.shape
        xy = rng.uniform((0, 0), (width - 1, height - 1), (options.max_keypoints, 2)).astype(np.float32)
        score = np.sort(rng.random(options.max_keypoints).astype(np.float32))[::-1]
        descriptors = rng.normal(size=(options.max_keypoints, 256)).astype(np.float32)
        return Features(xy, score, unit_rows(descriptors), (height, width))

    settings = {"points": "uniform", "descriptors": "256 normal", "seed": options.seed}
    return Detector("random", detect, describes=True, max_descriptor_distance=ANY_DISTANCE, settings=settings)


def _opencv(name: str) -> Callable[[DetectorOptions], Detector]:
    def make(options: DetectorOptions) -> Detector:
        entry = opencv_detectors.DETECTORS[name]
        detect, settings = entry.make(options.max_keypoints, options.nms_radius)
        return Detector(name, detect, entry.describes, entry.max_descriptor_distance, settings)

    return make


DETECTORS: dict[str, Callable[[DetectorOptions], Detector]] = {
    "superpoint": _superpoint,
    "superpoint_lite": _superpoint_lite,
    "magicpoint": _magicpoint,
    **{name: _opencv(name) for name in opencv_detectors.DETECTORS},
    "random": _random,
}


def make_detector(name: str, options: DetectorOptions) -> Detector:
    """Make a detector by name.

    Args:
        name: One of DETECTORS; "superpoint:PATH" for SuperPoint with the weights at PATH; "python:MODULE.FUNCTION"
            for a function that maps an image uint8 (H, W) to points (N, 2), scores (N,), descriptors (N, D) or None.
        options: What the protocol asks of it.

    Raises:
        DetectorError: The detector does not exist, or this OpenCV does not have it.
        CheckpointError: The weights cannot be used.
    """
    kind, _, argument = name.partition(":")
    if kind == "superpoint" and argument:
        return _superpoint(options, name, argument)
    if kind == "python" and argument:
        return _plugin(name, argument, options)
    if name not in DETECTORS:
        raise DetectorError(
            f"detector '{name}' is not one of {', '.join(DETECTORS)}, superpoint:PATH, python:MODULE.FUNCTION"
        )
    return DETECTORS[name](options)


def _plugin(name: str, target: str, options: DetectorOptions) -> Detector:
    module_name, _, function_name = target.rpartition(".")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DetectorError(f"detector '{name}': {error}; expected a FUNCTION that can be imported") from error

    def detect(image: np.ndarray) -> Features:
        return plugin_features(name, function(image), image.shape[:2], options.max_keypoints)

    blank = np.zeros((64, 64), np.uint8)
    describes = function(blank)[2] is not None
    return Detector(name, detect, describes, ANY_DISTANCE, {"function": target})


def plugin_features(name: str, result: Sequence[Any], image_size: tuple[int, int], max_keypoints: int) -> Features:
    """Convert what a plugin function returned to Features, strongest first.

    Args:
        name: Name of the detector, for errors.
        result: Points (N, 2), scores (N,), descriptors (N, D) or None; uint8 descriptors are taken for bits, others
            are scaled to unit length.
        image_size: (height, width) of the image, pixels.
        max_keypoints: Number of keypoints kept.

    Raises:
        DetectorError: The arrays have other shapes.
    """
    points, scores, descriptors = (None if part is None else np.asarray(part) for part in result)
    if points is None or scores is None or points.shape != (len(scores), 2):
        raise DetectorError(f"detector '{name}' must return points (N, 2), scores (N,), descriptors (N, D) or None")
    if descriptors is None:
        descriptors = np.zeros((len(points), 0), np.float32)
    if descriptors.ndim != 2 or len(descriptors) != len(points):
        raise DetectorError(f"detector '{name}' returned descriptors {descriptors.shape} for {len(points)} points")
    unit = unit_bits if descriptors.dtype == np.uint8 else unit_rows
    return top_features(points, scores, unit(descriptors), image_size, max_keypoints)
