"""The triangulate node's parameters; nothing here needs ROS."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.options import check_options, option
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.ros.runtime.options import (
    InputLimits,
    NodeOptions,
    PairingOptions,
    ParameterSchema,
    PoseValues,
    pose_matrix,
    pose_option,
)


@dataclass(frozen=True)
class TriangulateParameters(NodeOptions):
    """Hold all parameters of the triangulate node."""

    left_features: str = option("frontend/left/features", "Topic of the left camera's features.", fixed=True)
    right_features: str = option("frontend/right/features", "Topic of the right camera's features.", fixed=True)
    left_camera_info: str = option("left/camera_info", "Topic of the left camera's calibration.", fixed=True)
    right_camera_info: str = option("right/camera_info", "Topic of the right camera's calibration.", fixed=True)
    T_left_right: PoseValues | None = pose_option(
        "Pose of the right camera's optical frame in the left one's", "from R and P of both CameraInfos"
    )
    pairing: PairingOptions = field(default_factory=PairingOptions)
    limits: InputLimits = field(default_factory=InputLimits)
    stereo: StereoOptions = field(default_factory=StereoOptions)

    def __post_init__(self) -> None:
        check_options(self)
        pose_matrix("T_left_right", self.T_left_right)

    @property
    def camera_info_topics(self) -> tuple[str, str]:
        """Return the topics of the left and the right calibration."""
        return self.left_camera_info, self.right_camera_info


SCHEMA = ParameterSchema.of("triangulate", TriangulateParameters)
