"""How OpenCV's RANSAC estimates a model from matches."""

from __future__ import annotations

from dataclasses import dataclass

from superpoint_ros.core.options import check_options, option


@dataclass(frozen=True)
class RansacOptions:
    """Describe how a homography or an essential matrix is estimated.

    Raises:
        ParameterError: A value that is not allowed.
    """

    ransac_threshold: float = option(3.0, "Maximum error of a RANSAC inlier.", unit="px", limits=(0.01, 100.0))
    ransac_iterations: int = option(10_000, "Maximum number of RANSAC iterations.", limits=(1, 10_000_000))
    ransac_confidence: float = option(
        0.9999, "Confidence at which RANSAC stops before its last iteration.", limits=(0.01, 0.999999)
    )

    def __post_init__(self) -> None:
        check_options(self)
