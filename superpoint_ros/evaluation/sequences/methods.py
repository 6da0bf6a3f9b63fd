"""What makes tracks of a sequence: a detector and a tracker, named DETECTOR or DETECTOR+TRACKER."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from superpoint_ros.core.image_tracker import make_tracker
from superpoint_ros.core.tracker_options import TrackerKind, TrackerOptions
from superpoint_ros.core.types import Tracks
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import Detector
from superpoint_ros.evaluation.detectors.selection import make_detectors

# What the hybrid tracker is to be compared with: descriptors alone, KLT on Shi-Tomasi corners, ORB.
COMPARED = ("superpoint+hybrid", "superpoint", "shi+flow", "orb")


@dataclass(frozen=True)
class Method:
    """Hold a detector, and the tracker that was named with it.

    Attributes:
        name: Name by which it was asked for.
        detector: The detector.
        tracker: Kind of tracker; None = none was named.
    """

    name: str
    detector: Detector
    tracker: TrackerKind | None


def make_methods(names: Sequence[str], options: DetectorOptions) -> list[Method]:
    """Make methods by name: "superpoint+hybrid", "shi+flow" (KLT), or a detector's name alone.

    Args:
        names: Names of detectors, with or without a tracker; "all" alone stands for every detector that describes.
        options: What the protocol asks of them.

    Raises:
        DetectorError: A detector that does not exist, or one without descriptors whose tracker needs them.
    """
    if list(names) == ["all"]:
        return [Method(one.name, one, None) for one in make_detectors(names, options, describing=True)]
    return [_make_method(name, options) for name in dict.fromkeys(names)]


def _make_method(name: str, options: DetectorOptions) -> Method:
    detector_name, tracker = name, None
    for kind in get_args(TrackerKind):
        if name.endswith(f"+{kind}"):
            detector_name, tracker = name.removesuffix(f"+{kind}"), kind
    (detector,) = make_detectors([detector_name], options, describing=tracker != "flow")
    return Method(name, detector, tracker)


def track_images(images: Iterable[np.ndarray], method: Method, options: TrackerOptions) -> Iterator[Tracks]:
    """Track successive images, uint8 (H, W); keypoints of every `network_every`-th are looked for.

    Args:
        images: The images.
        method: What finds keypoints and tracks them; by descriptors where no tracker is named.
        options: How they are tracked; the kind is that of the method.
    """
    tracker = make_tracker(replace(options, tracker=method.tracker or "descriptor"))
    for number, image in enumerate(images):
        if number % options.network_every:
            yield tracker.follow(image)
        else:
            yield tracker.update(image, method.detector.detect(image))[0]
