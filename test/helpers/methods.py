"""Methods of an evaluation by name."""

from __future__ import annotations

from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.sequences.methods import Method, make_methods


def only_method(name: str, options: DetectorOptions) -> Method:
    (method,) = make_methods([name], options)
    return method
