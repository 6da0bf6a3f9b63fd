"""The densify node's parameters; nothing here needs ROS."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import NO_LIMIT, NoneMeaning, check_depth_range, check_options, option
from superpoint_ros.inference.densifier import DensifierOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.messages.limits import MAX_POINTS
from superpoint_ros.ros.runtime.options import (
    InputLimits,
    NodeOptions,
    PairingOptions,
    ParameterSchema,
    PoseValues,
    Transport,
    pose_matrix,
    pose_option,
)

Source: TypeAlias = Literal["depth_image", "point_cloud", "feature_cloud"]
OnEmptyInput: TypeAlias = Literal["skip", "empty", "guess"]
Encoding: TypeAlias = Literal["32FC1", "16UC1"]


@dataclass(frozen=True)
class DensifyParameters(NodeOptions):
    """Hold all parameters of the densify node."""

    image_topic: str = option("camera/image_raw", "Topic of the images.", fixed=True)
    transport: Transport = option("raw", "Type of the images.", fixed=True)
    camera_info_topic: str = option("", "Topic of the calibration; empty = camera_info beside the images.", fixed=True)
    rectified: bool = option(False, "Whether the images are free of lens distortion.", fixed=True)
    source: Source = option(
        "depth_image",
        "depth_image: sparse depth, 32FC1 [m] or 16UC1 [mm], of the image's size or aspect ratio; "
        "point_cloud: PointCloud2 with x, y, z, projected with CameraInfo; "
        "feature_cloud: PointCloud2 with pixels u, v beside x, y, z.",
        fixed=True,
    )
    sparse_topic: str = option("sparse_depth", "Topic of the sparse depth.", fixed=True)
    T_camera_cloud: PoseValues | None = pose_option(
        "Pose of the point cloud's frame in the camera's optical frame",
        "none is needed where the frame_ids are equal, else from tf2 where it is installed",
    )
    pairing: PairingOptions = field(default_factory=PairingOptions)
    limits: InputLimits = field(default_factory=InputLimits)
    max_points: int = option(
        MAX_POINTS, "Maximum number of points of a cloud; larger clouds are skipped.", limits=(1, 100_000_000)
    )
    network: NetworkOptions = field(default_factory=NetworkOptions)
    densifier: DensifierOptions = field(default_factory=DensifierOptions)
    on_empty_input: OnEmptyInput = option(
        "skip",
        "What is published for an image without samples; skip: nothing; empty: NaN with confidence 0; guess: depth "
        "guessed from the image alone, at the scale of fallback_depth, with confidence 0.",
        fixed=True,
    )
    encoding: Encoding = option("32FC1", "Encoding of the depth: 32FC1 [m] or 16UC1 [mm].", fixed=True)
    min_depth: float = option(0.0, "Minimum depth; nearer depth is discarded.", unit="m", limits=(0.0, 1000.0))
    max_depth: float | None = option(
        None, "Maximum depth; farther depth is discarded.", unit="m", limits=(0.01, 10_000.0), none=NO_LIMIT
    )
    voxel_size: float | None = option(
        None, "Voxel size of ~/points, which keeps one point per voxel.", unit="m", limits=(0.001, 10.0),
        none=NoneMeaning("a point for every pixel with depth", 0),
    )  # fmt: skip
    max_rate: float | None = option(
        None, "Maximum output rate, by stamps; pairs in between are left out.", unit="Hz", limits=(0.001, 1000.0),
        none=NO_LIMIT,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_options(self)
        check_depth_range(self.min_depth, self.max_depth)
        pose_matrix("T_camera_cloud", self.T_camera_cloud)
        if self.on_empty_input == "guess" and self.densifier.fallback_depth is None:
            raise ParameterError("on_empty_input='guess' needs fallback_depth, the typical depth of the scene [m]")

    @property
    def densifier_options(self) -> DensifierOptions:
        """Return how depth is made dense: with a guess only where one is asked for."""
        return self.densifier if self.on_empty_input == "guess" else replace(self.densifier, fallback_depth=None)


SCHEMA = ParameterSchema.of("densify", DensifyParameters)
