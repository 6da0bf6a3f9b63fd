"""What an evaluation asks of every detector."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.decode_options import MAX_SCALE, MIN_SCALE
from superpoint_ros.core.options import MODEL_DEFAULT, NoneMeaning, check_different, check_options, option
from superpoint_ros.inference.network_options import RuntimeOptions

DETECTOR_DEFAULT = NoneMeaning("the detector's own", -1)


@dataclass(frozen=True)
class DetectorOptions:
    """Describe what a protocol asks of every detector.

    Attributes:
        runtime: What runs SuperPoint, and where.

    Raises:
        ParameterError: A value that is not allowed.
    """

    max_keypoints: int = option(
        1000, "Maximum number of keypoints per image; the strongest are kept.", limits=(1, 100_000)
    )
    nms_radius: int = option(
        4,
        "Radius of non-maximum suppression (L-infinity distance), for detectors that score every pixel: SuperPoint, "
        "FAST, Harris, Shi-Tomasi.",
        unit="px",
        limits=(0, 64),
    )
    detection_threshold: float | None = option(
        None, "SuperPoint's lowest detector probability of a keypoint.", limits=(0.0, 1.0), none=MODEL_DEFAULT
    )
    scales: tuple[float, ...] = option(
        (1.0,),
        "Scales of the image at which SuperPoint detects, all different.",
        limits=(MIN_SCALE, MAX_SCALE),
    )
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    seed: int = option(0, "Seed of everything random: keypoints, drawings, noise.", limits=(0, 2**32 - 1))

    def __post_init__(self) -> None:
        check_options(self)
        check_different(self, "scales")
