"""The densify node's parameters, in the manner of frontend_parameters.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.inference.densifier import DensifierOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.runtime.extrinsic import parse_extrinsic
from superpoint_ros.ros.runtime.parameters import (
    NETWORK_SETTINGS,
    PAIRING_SETTINGS,
    TRANSPORTS,
    Setting,
    camera_info_beside,
    declare_settings,
)

SOURCES = {
    "depth_image": "sensor_msgs/msg/Image",
    "point_cloud": "sensor_msgs/msg/PointCloud2",
    "feature_cloud": "sensor_msgs/msg/PointCloud2",
}
SETTINGS = (
    Setting("image_topic", "/camera/image_raw", "topic of the images", fixed=True),
    Setting("transport", "raw", "type of the images", choices=tuple(TRANSPORTS), fixed=True),
    Setting("camera_info_topic", "", "empty = camera_info beside the image topic", fixed=True),
    Setting("rectified", False, "the images are free of lens distortion", fixed=True),
    Setting(
        "source",
        "depth_image",
        "depth_image: sparse depth, 32FC1 [m] or 16UC1 [mm], of the image's size or aspect ratio; "
        "point_cloud: PointCloud2 with x, y, z, projected with CameraInfo; "
        "feature_cloud: PointCloud2 with pixels u, v beside x, y, z",
        choices=tuple(SOURCES),
        fixed=True,
    ),
    Setting("sparse_topic", "/sparse_depth", "topic of the sparse depth", fixed=True),
    Setting(
        "extrinsic",
        Parameter.Type.DOUBLE_ARRAY,
        "pose of the point cloud's frame in the camera's optical frame: x, y, z [m], qx, qy, qz, qw; "
        "not set = none is needed where the frame_ids are equal, else from tf2 where it is installed",
        fixed=True,
    ),
    *PAIRING_SETTINGS,
    Setting("weights", "", "path of the densifier's weights; empty = those that ship", fixed=True),
    *NETWORK_SETTINGS,
    Setting("max_image_size", 640, "[px] at most, of the longer side that the network sees", (32, 4096), fixed=True),
    Setting(
        "on_empty_input",
        "skip",
        "images without any sample: skip = nothing is published; empty = NaN with confidence 0; "
        "guess = what the image alone looks like, at the scale of fallback_depth, with confidence 0",
        choices=("skip", "empty", "guess"),
        fixed=True,
    ),
    Setting("fallback_depth", 3.0, "[m] of a scene, for on_empty_input=guess", (0.01, 1000.0), fixed=True),
    Setting("encoding", "32FC1", "of the depth: 32FC1 [m] or 16UC1 [mm]", choices=("32FC1", "16UC1"), fixed=True),
    Setting("min_confidence", 0.0, "depth of less confidence is left out (NaN, or 0 in 16UC1)", (0.0, 1.0)),
    Setting("min_depth", 0.0, "[m] nearer depth is left out", (0.0, 1000.0)),
    Setting("max_depth", 0.0, "[m] farther depth is left out; 0 = no limit", (0.0, 10_000.0)),
    Setting("max_rate", 0.0, "[1/s] of outputs, by stamps; pairs in between are left out; 0 = no limit", (0.0, 1000.0)),
)  # fmt: skip


@dataclass(frozen=True)
class DensifyParameters:
    """All parameters of the densify node; see SETTINGS for their meaning.

    Attributes:
        image_topic, transport, camera_info_topic, rectified, source, sparse_topic: the inputs.
        T_camera_cloud: (4, 4), the extrinsic; None where it is not set.
        slop: nanoseconds.
        queue_size, policy, on_empty_input, encoding: as in SETTINGS.
        network: holds for the node's life.
        densifier: min_confidence may change.
        min_depth, max_depth, max_rate: may change.
    """

    image_topic: str
    transport: str
    camera_info_topic: str
    rectified: bool
    source: str
    sparse_topic: str
    T_camera_cloud: np.ndarray | None
    slop: int
    queue_size: int
    policy: str
    on_empty_input: str
    encoding: str
    network: NetworkOptions
    densifier: DensifierOptions
    min_depth: float
    max_depth: float
    max_rate: float


def declare_densify_parameters(node: Node) -> DensifyParameters:
    """Declares all parameters on the node and reads them.

    Raises:
        ParameterError: a value that is not allowed.
        rclpy.exceptions.ParameterException: a value of the wrong type or out of its declared range.
    """
    return parse_densify_parameters(declare_settings(node, SETTINGS))


def parse_densify_parameters(values: Mapping[str, Any]) -> DensifyParameters:
    """Parameter values by name -> checked parameters; names it does not know are ignored.

    Raises:
        ParameterError: a value that is not allowed.
    """
    given = {setting.name: setting.check(values[setting.name]) for setting in SETTINGS}
    paths = {name: given.pop(name) or None for name in ("weights", "model")}
    network = NetworkOptions(**paths, backend=given.pop("backend"), device=given.pop("device"))
    fallback_depth, extrinsic = given.pop("fallback_depth"), given.pop("extrinsic")
    densifier = DensifierOptions(
        max_image_size=given.pop("max_image_size"),
        min_confidence=given.pop("min_confidence"),
        fallback_depth=fallback_depth if given["on_empty_input"] == "guess" else None,
    )
    given["camera_info_topic"] = given["camera_info_topic"] or camera_info_beside(given["image_topic"])
    given["slop"] = round(1e9 * given["slop"])
    pose = parse_extrinsic(extrinsic) if extrinsic else None
    return DensifyParameters(T_camera_cloud=pose, network=network, densifier=densifier, **given)
