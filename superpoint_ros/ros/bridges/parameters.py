"""The bridge node's parameters; nothing here needs ROS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from superpoint_ros.core.options import check_options, option
from superpoint_ros.ros.runtime.options import InputLimits, NodeOptions, PairingOptions, ParameterSchema

Consumer: TypeAlias = Literal["vins_fusion", "vins_mono", "point_cloud", "rtabmap"]


@dataclass(frozen=True)
class BridgeParameters(NodeOptions):
    """Hold all parameters of the bridge node."""

    consumer: Consumer = option(
        "vins_fusion",
        "Whose messages are published; vins_fusion, vins_mono: sensor_msgs/PointCloud, in place of their own feature "
        "trackers'; point_cloud: PointCloud2 of the tracks that have depth, for RViz and mapping; rtabmap: RTAB-Map's "
        "RGBDImage with the features.",
        fixed=True,
    )
    tracks_topic: str = option(
        "frontend/camera/tracks", "Topic of the tracks, for all consumers except rtabmap.", fixed=True
    )
    depth_topic: str = option(
        "densify/depth",
        "Topic of depth images for consumer point_cloud, 32FC1 [m] or 16UC1 [mm], registered to the tracks' images and "
        "of their size.",
        fixed=True,
    )
    features_topic: str = option("frontend/camera/features", "Topic of the features, for consumer rtabmap.", fixed=True)
    rgbd_topic: str = option("rgbd_image", "Topic of rgbd_sync's RGBDImages, for consumer rtabmap.", fixed=True)
    pairing: PairingOptions = field(default_factory=PairingOptions)
    limits: InputLimits = field(default_factory=InputLimits)

    def __post_init__(self) -> None:
        check_options(self)


SCHEMA = ParameterSchema.of("bridge", BridgeParameters)
