"""The detectors that an evaluation compares, by name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from superpoint_ros.core.errors import DetectorError
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import DETECTORS, Detector, make_detector

logger = logging.getLogger(__name__)


def make_detectors(names: Sequence[str], options: DetectorOptions, *, describing: bool = False) -> list[Detector]:
    """Make detectors by name (see registry.make_detector).

    Args:
        names: Names of detectors; "all" alone stands for every available one, with a warning for each of the others.
        options: What the protocol asks of them.
        describing: Whether they need descriptors.

    Raises:
        DetectorError: A name that is unknown, not available, or of a detector without descriptors that needs them.
    """
    if list(names) != ["all"]:
        detectors = [make_detector(name, options) for name in dict.fromkeys(names)]
        for detector in detectors:
            if describing and not detector.describes:
                raise DetectorError(f"detector '{detector.name}' has no descriptors, which this evaluation needs")
        return detectors
    detectors = []
    for name in DETECTORS:
        try:
            detectors.append(make_detector(name, options))
        except DetectorError as error:
            logger.warning("%s", error)
    return [detector for detector in detectors if detector.describes or not describing]


def detector_settings(detectors: Sequence[Detector]) -> dict[str, Any]:
    """Return the settings of each detector by its name."""
    return {detector.name: detector.settings for detector in detectors}
