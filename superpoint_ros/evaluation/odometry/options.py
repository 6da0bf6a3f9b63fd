"""What visual odometry leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.options import check_options, option, same_option
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.evaluation.datasets.sizing import ImageSize
from superpoint_ros.evaluation.detectors.options import DetectorOptions


@dataclass(frozen=True)
class OdometryOptions:
    """Describe how poses are estimated from tracks.

    >>> OdometryOptions(window_size=12).keyframe_motion
    20.0

    Attributes:
        image_size: Size of the images.
        detector: What is asked of every detector.

    Raises:
        ParameterError: A value that is not allowed.
    """

    image_size: ImageSize = None
    use_depth: bool = option(
        False, "Whether the depth of the frames is used; without it the scale is taken from the true poses."
    )
    weighted: bool = option(True, "Whether observations are weighted by the standard deviation that their track has.")
    sigma: float = option(
        1.0, "Standard deviation of observations that are not weighted.", unit="px", limits=(0.01, 100.0)
    )
    window_size: int = option(8, "Number of keyframes that are adjusted together.", limits=(3, 100))
    keyframe_motion: float = option(
        20.0,
        "Median motion of the points since the last keyframe from which on an image is one.",
        unit="px",
        limits=(0.0, 1000.0),
    )
    max_reprojection_error: float = option(
        3.0, "Maximum distance of an observation from its point's projection.", unit="px", limits=(0.1, 100.0)
    )
    min_parallax: float = option(
        1.0, "Minimum angle between two rays that determine a point.", unit="deg", limits=(0.01, 45.0)
    )
    depth_baseline: float = option(
        0.08,
        "Baseline of the stereo camera whose disparity is as exact as the depth is.",
        unit="m",
        limits=(0.001, 10.0),
    )
    runs: int = option(1, "Number of runs; each has its own random order of points in RANSAC.", limits=(1, 1000))
    network_every: int = same_option(TrackerOptions, "network_every")
    epipolar_threshold: float | None = same_option(TrackerOptions, "epipolar_threshold")
    detector: DetectorOptions = field(default_factory=lambda: DetectorOptions(max_keypoints=500))

    def __post_init__(self) -> None:
        check_options(self)
