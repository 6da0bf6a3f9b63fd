"""What the evaluation on image pairs with known homographies leaves open, and its presets."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.options import NO_LIMIT, check_options, option, same_option
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.evaluation.datasets.sizing import ImageSize
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions


@dataclass(frozen=True)
class HomographyProtocol:
    """Describe every choice of the evaluation.

    Attributes:
        detection_size: Size of the images for repeatability and localisation error.
        matching_size: Size of the images for everything else.
        detector: What is asked of every detector.
        ransac: How homographies are estimated.

    Raises:
        ParameterError: A value that is not allowed.
    """

    detection_size: ImageSize = 640
    matching_size: ImageSize = 640
    top_k: int = option(
        300, "Number of the strongest keypoints in the shared region that count for repeatability.", limits=(1, 100_000)
    )
    correctness_threshold: float = option(
        3.0,
        "Maximum error of a correct match, for Rep, MLE, NN mAP and M.Score.",
        unit="px",
        limits=(0.1, 100.0),
    )
    max_descriptor_distance: float | None = same_option(
        TrackerOptions, "max_descriptor_distance", default=None, none=NO_LIMIT
    )
    detector: DetectorOptions = field(default_factory=DetectorOptions)
    ransac: RansacOptions = field(default_factory=RansacOptions)
    ransac_runs: int = option(
        1,
        "Number of RANSAC runs per pair, each from another order of the matches; accuracy is their mean. With 1, it "
        "varies by more than detectors differ.",
        limits=(1, 10_000),
    )

    def __post_init__(self) -> None:
        check_options(self)


PRESETS = {
    "vga": HomographyProtocol(),
    "paper": HomographyProtocol(detection_size=(240, 320), matching_size=(480, 640)),
    "full": HomographyProtocol(detection_size=None, matching_size=None, detector=DetectorOptions(max_keypoints=2000)),
}
