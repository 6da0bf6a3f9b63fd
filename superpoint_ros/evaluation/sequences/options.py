"""What the evaluations on sequences leave open: relative poses, and tracks."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.options import NO_LIMIT, check_different, check_options, option, same_option
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.evaluation.datasets.sizing import ImageSize
from superpoint_ros.evaluation.detectors.options import DETECTOR_DEFAULT, DetectorOptions
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions


@dataclass(frozen=True)
class PoseProtocol:
    """Describe every choice of the evaluation of relative poses.

    Attributes:
        image_size: Size of the images.
        detector: What is asked of every detector.
        ransac: How essential matrices are estimated.

    Raises:
        ParameterError: A value that is not allowed.
    """

    image_size: ImageSize = None
    frame_gaps: tuple[int, ...] = option(
        (1, 5, 10),
        "Distances of the two frames of a pair, in frames; every such pair is used.",
        limits=(1, 10_000),
    )
    correct_epipolar_error: float = option(
        3.0, "Maximum distance of a correct match from the true epipolar lines.", unit="px", limits=(0.1, 100.0)
    )
    max_descriptor_distance: float | None = same_option(
        TrackerOptions, "max_descriptor_distance", default=None, none=NO_LIMIT
    )
    network_every: int = same_option(TrackerOptions, "network_every")
    epipolar_threshold: float | None = same_option(TrackerOptions, "epipolar_threshold")
    detector: DetectorOptions = field(default_factory=DetectorOptions)
    ransac: RansacOptions = field(default_factory=lambda: RansacOptions(ransac_threshold=1.0))

    def __post_init__(self) -> None:
        check_options(self)
        check_different(self, "frame_gaps")


@dataclass(frozen=True)
class TracksProtocol:
    """Describe every choice of the evaluation of tracks.

    Attributes:
        image_size: Size of the images.
        detector: What is asked of every detector.

    Raises:
        ParameterError: A value that is not allowed.
    """

    image_size: ImageSize = None
    max_descriptor_distance: float | None = same_option(
        TrackerOptions, "max_descriptor_distance", default=None, none=DETECTOR_DEFAULT
    )
    max_missed_frames: int = same_option(TrackerOptions, "max_missed_frames")
    correct_reprojection_error: float = option(
        5.0,
        "Maximum distance of a correct link from where depth and poses put the point.",
        unit="px",
        limits=(0.1, 100.0),
    )
    correct_epipolar_error: float = same_option(PoseProtocol, "correct_epipolar_error")
    network_every: int = same_option(TrackerOptions, "network_every")
    epipolar_threshold: float | None = same_option(TrackerOptions, "epipolar_threshold")
    detector: DetectorOptions = field(default_factory=lambda: DetectorOptions(max_keypoints=500))

    def __post_init__(self) -> None:
        check_options(self)
