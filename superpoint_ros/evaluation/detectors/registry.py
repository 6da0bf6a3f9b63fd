"""Detectors under one protocol: gray image in, Features out, strongest first, with what they were set to.

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
from superpoint_ros.evaluation.detectors.unit_features import strongest, unit_bits, unit_rows
from superpoint_ros.inference.extractor import Extractor

ANY_DISTANCE = 2.0


@dataclass(frozen=True)
class DetectorOptions:
    """What a protocol asks of every detector.

    Attributes:
        max_keypoints: the strongest this many are kept.
        nms_radius: pixels; L-infinity radius of non-maximum suppression, for the detectors that score every pixel
            (SuperPoint, FAST, Harris, Shi-Tomasi). The others suppress in their own way.
        threshold: SuperPoint's least probability of a keypoint; None = what the model is meant to be used with.
        scales: of the image at which SuperPoint looks for keypoints.
        device: where SuperPoint runs, see inference/extractor.py.
        seed: of the random points.
    """

    max_keypoints: int = 1000
    nms_radius: int = 4
    threshold: float | None = None
    scales: tuple[float, ...] = (1.0,)
    device: str = "auto"
    seed: int = 0


@dataclass(frozen=True)
class Detector:
    """Attributes:
    name: as asked for.
    detect: uint8 (H, W) -> Features; their descriptors have size 0 where `describes` is false.
    describes: whether there are descriptors.
    max_descriptor_distance: descriptor distance at which a match is dropped where a protocol wants such a bound.
    settings: everything that determines the result, for the record.
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
        device=options.device,
        options=DecodeOptions(
            max_keypoints=options.max_keypoints or None,
            detection_threshold=options.threshold,
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
    return Detector(name, extractor.extract, True, DEFAULT_MAX_DISTANCE, settings)


def _magicpoint(options: DetectorOptions) -> Detector:
    """The detector before it saw a photograph; what its descriptor head gives means nothing."""
    return replace(_superpoint(options, "magicpoint", model="magicpoint"), describes=False)


def _random(options: DetectorOptions) -> Detector:
    """Points and descriptors without any meaning, the same for the same image: the chance level."""

    def detect(image: np.ndarray) -> Features:
        rng = np.random.default_rng([options.seed, zlib.crc32(image.tobytes())])
        height, width = image.shape
        xy = rng.uniform((0, 0), (width - 1, height - 1), (options.max_keypoints, 2)).astype(np.float32)
        score = np.sort(rng.random(options.max_keypoints).astype(np.float32))[::-1]
        descriptors = rng.normal(size=(options.max_keypoints, 256)).astype(np.float32)
        return Features(xy, score, unit_rows(descriptors), (height, width))

    settings = {"points": "uniform", "descriptors": "256 normal", "seed": options.seed}
    return Detector("random", detect, True, ANY_DISTANCE, settings)


def _opencv(name: str) -> Callable[[DetectorOptions], Detector]:
    def make(options: DetectorOptions) -> Detector:
        entry = opencv_detectors.DETECTORS[name]
        detect, settings = entry.make(options.max_keypoints, options.nms_radius)
        return Detector(name, detect, entry.describes, entry.max_descriptor_distance, settings)

    return make


DETECTORS: dict[str, Callable[[DetectorOptions], Detector]] = {
    "superpoint": _superpoint,
    "magicpoint": _magicpoint,
    **{name: _opencv(name) for name in opencv_detectors.DETECTORS},
    "random": _random,
}


def make_detector(name: str, options: DetectorOptions) -> Detector:
    """The detector of a name.

    Args:
        name: one of DETECTORS; "superpoint:PATH" for SuperPoint with the weights at PATH; "python:MODULE.FUNCTION"
            for a function that maps an image uint8 (H, W) to points (N, 2), scores (N,), descriptors (N, D) or None.
        options: what the protocol asks for.

    Raises:
        DetectorError: no such detector, or one that this OpenCV does not have.
        CheckpointError: weights that cannot be used.
    """
    kind, _, argument = name.partition(":")
    if kind == "superpoint" and argument:
        return _superpoint(options, name, argument)
    if kind == "python" and argument:
        return _plugged(name, argument, options)
    if name not in DETECTORS:
        raise DetectorError(
            f"detector '{name}' is not one of {', '.join(DETECTORS)}, superpoint:PATH, python:MODULE.FUNCTION"
        )
    return DETECTORS[name](options)


def _plugged(name: str, target: str, options: DetectorOptions) -> Detector:
    module_name, _, function_name = target.rpartition(".")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DetectorError(f"detector '{name}': {error}; expected a FUNCTION that can be imported") from error

    def detect(image: np.ndarray) -> Features:
        return plugged_features(name, function(image), image.shape[:2], options.max_keypoints)

    blank = np.zeros((64, 64), np.uint8)
    describes = function(blank)[2] is not None
    return Detector(name, detect, describes, ANY_DISTANCE, {"function": target})


def plugged_features(name: str, result: Sequence[Any], image_size: tuple[int, int], max_keypoints: int) -> Features:
    """A plugged function's (points, scores, descriptors or None) -> Features, strongest first.

    Descriptors of uint8 are taken for bits, others are scaled to unit length.

    Raises:
        DetectorError: arrays of other shapes.
    """
    points, scores, descriptors = (None if part is None else np.asarray(part) for part in result)
    if points is None or scores is None or points.shape != (len(scores), 2):
        raise DetectorError(f"detector '{name}' must return points (N, 2), scores (N,), descriptors (N, D) or None")
    if descriptors is None:
        descriptors = np.zeros((len(points), 0), np.float32)
    if descriptors.ndim != 2 or len(descriptors) != len(points):
        raise DetectorError(f"detector '{name}' returned descriptors {descriptors.shape} for {len(points)} points")
    unit = unit_bits if descriptors.dtype == np.uint8 else unit_rows
    return strongest(points, scores, unit(descriptors), image_size, max_keypoints)
