"""The triangulate node's parameters, in the manner of frontend_parameters.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.ros.runtime.extrinsic import parse_extrinsic
from superpoint_ros.ros.runtime.parameters import PAIRING_SETTINGS, Setting, declare_settings

SETTINGS = (
    Setting("left_features", "/frontend/left/features", "topic of the left camera's features", fixed=True),
    Setting("right_features", "/frontend/right/features", "topic of the right camera's features", fixed=True),
    Setting("left_camera_info", "/left/camera_info", "topic of the left camera's calibration", fixed=True),
    Setting("right_camera_info", "/right/camera_info", "topic of the right camera's calibration", fixed=True),
    Setting(
        "extrinsic",
        Parameter.Type.DOUBLE_ARRAY,
        "pose of the right camera's optical frame in the left one's: x, y, z [m], qx, qy, qz, qw; "
        "not set = from R and P of both CameraInfos",
        fixed=True,
    ),
    *PAIRING_SETTINGS,
    Setting("max_descriptor_distance", 0.7, "descriptor distance from which two keypoints never match", (0.01, 2.0)),
    Setting("max_reprojection_error", 1.0, "[px] greatest distance of a keypoint from its point", (0.01, 100.0)),
    Setting("min_parallax", 0.25, "[degrees] least angle between the two rays", (0.0, 90.0)),
    Setting("min_depth", 0.0, "[m] nearer points are left out", (0.0, 1000.0)),
    Setting("max_depth", 0.0, "[m] farther points are left out; 0 = no limit", (0.0, 10_000.0)),
)  # fmt: skip


@dataclass(frozen=True)
class TriangulateParameters:
    """All parameters of the triangulate node; see SETTINGS for their meaning.

    Attributes:
        features_topics, camera_info_topics: of the left and the right camera.
        T_left_right: (4, 4), the extrinsic; None = from the CameraInfos.
        slop: nanoseconds.
        queue_size, policy: as in SETTINGS.
        options: may change.
    """

    features_topics: tuple[str, str]
    camera_info_topics: tuple[str, str]
    T_left_right: np.ndarray | None
    slop: int
    queue_size: int
    policy: str
    options: StereoOptions


def declare_triangulate_parameters(node: Node) -> TriangulateParameters:
    """Declares all parameters on the node and reads them.

    Raises:
        ParameterError: a value that is not allowed.
        rclpy.exceptions.ParameterException: a value of the wrong type or out of its declared range.
    """
    return parse_triangulate_parameters(declare_settings(node, SETTINGS))


def parse_triangulate_parameters(values: Mapping[str, Any]) -> TriangulateParameters:
    """Parameter values by name -> checked parameters; names it does not know are ignored.

    Raises:
        ParameterError: a value that is not allowed.
    """
    given = {setting.name: setting.check(values[setting.name]) for setting in SETTINGS}
    return TriangulateParameters(
        features_topics=(given["left_features"], given["right_features"]),
        camera_info_topics=(given["left_camera_info"], given["right_camera_info"]),
        T_left_right=parse_extrinsic(given["extrinsic"]) if given["extrinsic"] else None,
        slop=round(1e9 * given["slop"]),
        queue_size=given["queue_size"],
        policy=given["policy"],
        options=StereoOptions(
            **{
                name: given[name]
                for name in ("max_descriptor_distance", "max_reprojection_error", "min_parallax", "min_depth")
            },
            max_depth=given["max_depth"] or None,
        ),
    )
