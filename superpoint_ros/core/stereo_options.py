"""What is taken for a stereo match, and which depths are kept."""

from __future__ import annotations

from dataclasses import dataclass

from superpoint_ros.core.matching import descriptor_distance_option
from superpoint_ros.core.options import NO_LIMIT, check_depth_range, check_options, option


@dataclass(frozen=True)
class StereoOptions:
    """Describe which matches of two calibrated cameras become depth.

    >>> StereoOptions(min_depth=0.5).max_reprojection_error
    1.0

    Raises:
        ParameterError: A value that is not allowed, or a range of depth that holds none.
    """

    max_descriptor_distance: float = descriptor_distance_option()
    max_reprojection_error: float = option(
        1.0,
        "Maximum distance of a keypoint, in either image, from the projection of its triangulated point: about half "
        "of its distance from the epipolar line.",
        unit="px",
        limits=(0.01, 100.0),
    )
    min_parallax: float = option(0.25, "Minimum angle between the two rays.", unit="deg", limits=(0.0, 90.0))
    min_depth: float = option(0.0, "Minimum depth; nearer depth is discarded.", unit="m", limits=(0.0, 1000.0))
    max_depth: float | None = option(
        None, "Maximum depth; farther depth is discarded.", unit="m", limits=(0.01, 10_000.0), none=NO_LIMIT
    )

    def __post_init__(self) -> None:
        check_options(self)
        check_depth_range(self.min_depth, self.max_depth)
