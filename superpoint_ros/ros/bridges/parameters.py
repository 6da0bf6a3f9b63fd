"""The bridge node's parameters; nothing here needs ROS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from superpoint_ros.core.options import check_options, option
from superpoint_ros.ros.runtime.options import NodeOptions, ParameterSchema

Consumer: TypeAlias = Literal["vins_fusion", "vins_mono"]


@dataclass(frozen=True)
class BridgeParameters(NodeOptions):
    """Hold all parameters of the bridge node."""

    consumer: Consumer = option(
        "vins_fusion",
        "Whose messages are made of the tracks; vins_fusion, vins_mono: sensor_msgs/PointCloud in place of their own "
        "feature trackers'.",
        fixed=True,
    )
    tracks_topic: str = option("frontend/camera/tracks", "Topic of the tracks.", fixed=True)

    def __post_init__(self) -> None:
        check_options(self)


SCHEMA = ParameterSchema.of("bridge", BridgeParameters)
