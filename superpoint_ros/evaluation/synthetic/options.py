"""What the evaluation on Synthetic Shapes leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.options import check_options, option
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges


@dataclass(frozen=True)
class SyntheticProtocol:
    """Describe every choice of the evaluation; the detector's seed is also that of the drawings and of their noise.

    Attributes:
        image_size: Size of the drawings, (height, width), pixels.
        noise: Photometric noise of the noisy variant.
        detector: What is asked of every detector; its threshold is low, for the whole precision-recall curve.

    Raises:
        ParameterError: A value that is not allowed.
    """

    images: int = option(
        1000, "Number of drawings of each kind of shape; each is evaluated clean and noisy.", limits=(1, 1_000_000)
    )
    image_size: tuple[int, int] = (120, 160)
    correctness_threshold: float = option(
        2.0, "Maximum distance of a correct detection from a corner.", unit="px", limits=(0.1, 100.0)
    )
    noise: PhotometricRanges = field(default_factory=PhotometricRanges)
    detector: DetectorOptions = field(
        default_factory=lambda: DetectorOptions(max_keypoints=300, detection_threshold=0.001)
    )

    def __post_init__(self) -> None:
        check_options(self)
