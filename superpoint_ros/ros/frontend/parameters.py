"""The frontend node's parameters, read into frozen dataclasses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rclpy.node import Node

from superpoint_ros.core.decode_options import FIRST_CELL_CENTER, MAX_SCALE, DecodeOptions
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import build_options, option_specs
from superpoint_ros.core.tracker import TrackerOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.runtime.parameters import (
    NETWORK_SETTINGS,
    TRANSPORTS,
    Setting,
    camera_info_beside,
    declare_settings,
)
from superpoint_ros.ros.runtime.scheduling import POLICIES

Options = TypeVar("Options")

CAMERA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
MODEL_THRESHOLD = -1.0

NAMES = Setting("cameras.names", ["camera"], "names of the cameras; output topics are ~/<name>/...", fixed=True)
SETTINGS = (
    NAMES,
    Setting(
        "policy",
        "latest",
        "latest: the newest image of each camera, older ones are dropped and counted (robot); "
        "every_frame: all images, in order of arrival (replay)",
        choices=tuple(POLICIES),
        fixed=True,
    ),
    Setting("weights", "", "path of a weights file; empty = the weights that ship", fixed=True),
    *NETWORK_SETTINGS,
    Setting(
        "descriptor_sampling",
        "",
        "descriptor sampling; empty = the model's",
        choices=("", *FIRST_CELL_CENTER),
        fixed=True,
    ),
    Setting("overlay", True, "offer ~/<camera>/overlay; drawn only while someone subscribes", fixed=True),
    Setting("max_keypoints", 1000, "the strongest this many keypoints are kept; 0 = all", (0, 100_000)),
    Setting(
        "detection_threshold",
        MODEL_THRESHOLD,
        "least detector probability of a keypoint; -1 = the model's",
        (-1.0, 1.0),
    ),
    Setting("nms_radius", 4, "[px] no two keypoints are this near (L-infinity); 0 = off", (0, 64)),
    Setting("remove_borders", 4, "[px] keypoints nearer to an image edge are dropped", (0, 1000)),
    Setting("grid_rows", 1, "rows of the grid over which kept keypoints are spread", (1, 100)),
    Setting("grid_columns", 1, "columns of that grid", (1, 100)),
    Setting(
        "scales",
        [1.0],
        f"of the image at which keypoints are looked for: different numbers above 0, at most {MAX_SCALE:g}; "
        "time grows with the sum of their squares",
    ),
    Setting("max_descriptor_distance", 0.7, "descriptor distance from which two keypoints never match", (0.01, 2.0)),
    Setting("max_missed_frames", 5, "images in which a track may stay unseen before it is given up", (0, 1000)),
    Setting("max_displacement", 0.0, "[px] greatest motion per image; 0 = no limit", (0.0, 10_000.0)),
    Setting("epipolar_threshold", 0.0, "[px] greatest distance from the epipolar line; 0 = no check", (0.0, 100.0)),
)


@dataclass(frozen=True)
class CameraParameters:
    """Where one camera's images come from.

    Attributes:
        name: of the camera.
        topic: of its images, exactly as subscribed to.
        transport: a key of TRANSPORTS.
        camera_info_topic: of its calibration.
        rectified: the images are free of lens distortion (CameraInfo's P holds, not K and D).
        wait_for_camera_info: images are held back until the first CameraInfo has come.
    """

    name: str
    topic: str
    transport: str
    camera_info_topic: str
    rectified: bool
    wait_for_camera_info: bool


@dataclass(frozen=True)
class FrontendParameters:
    """All parameters of the frontend node; see SETTINGS for their meaning.

    Attributes:
        network: holds for the node's life.
        decoding: may change, but for descriptor_sampling.
        tracker: may change.
    """

    cameras: tuple[CameraParameters, ...]
    policy: str
    overlay: bool
    network: NetworkOptions
    decoding: DecodeOptions
    tracker: TrackerOptions


def camera_settings(name: str) -> dict[str, Setting]:
    """The parameters of one camera, by the last part of their name."""
    prefix = f"cameras.{name}"
    settings = (
        Setting(f"{prefix}.topic", "", "topic of the images; empty = /<name>/image_raw (+ /compressed)", fixed=True),
        Setting(f"{prefix}.transport", "raw", "type of the images", choices=tuple(TRANSPORTS), fixed=True),
        Setting(f"{prefix}.camera_info_topic", "", "empty = camera_info beside the image topic", fixed=True),
        Setting(f"{prefix}.rectified", False, "the images are free of lens distortion", fixed=True),
        Setting(f"{prefix}.wait_for_camera_info", False, "hold images back until CameraInfo has come", fixed=True),
    )
    return {setting.name.rpartition(".")[2]: setting for setting in settings}


def declare_parameters(node: Node) -> FrontendParameters:
    """Declares all parameters on the node and reads them.

    Raises:
        ParameterError: a value that is not allowed.
        rclpy.exceptions.ParameterException: a value of the wrong type or out of its declared range.
    """
    values = declare_settings(node, SETTINGS)
    for name in _camera_names(values):
        values |= declare_settings(node, tuple(camera_settings(name).values()))
    return parse_parameters(values)


def _camera_names(values: Mapping[str, Any]) -> list[str]:
    names = list(values[NAMES.name])
    bad = [name for name in names if not CAMERA_NAME.fullmatch(name)]
    if bad or not names or len(set(names)) < len(names) or "names" in names:
        raise ParameterError(
            f"{NAMES.name}={names} must be one or more different names of letters, digits and _, "
            "beginning with a letter, other than 'names'"
        )
    return names


def _camera(name: str, values: Mapping[str, Any]) -> CameraParameters:
    given = {key: setting.check(values[setting.name]) for key, setting in camera_settings(name).items()}
    suffix = "/compressed" if given["transport"] == "compressed" else ""
    topic = given["topic"] or f"/{name}/image_raw{suffix}"
    camera_info_topic = given["camera_info_topic"] or camera_info_beside(topic)
    return CameraParameters(**given | {"name": name, "topic": topic, "camera_info_topic": camera_info_topic})


def parse_parameters(values: Mapping[str, Any]) -> FrontendParameters:
    """Parameter values by name -> checked parameters; names it does not know are ignored.

    Raises:
        ParameterError: a value that is not allowed.
    """
    given = {setting.name: setting.check(values[setting.name]) for setting in SETTINGS}
    return FrontendParameters(
        cameras=tuple(_camera(name, values) for name in _camera_names(values)),
        policy=given["policy"],
        overlay=given["overlay"],
        network=_options(NetworkOptions, given),
        decoding=_options(DecodeOptions, given),
        tracker=_options(TrackerOptions, given),
    )


def _options(kind: type[Options], values: Mapping[str, Any]) -> Options:
    return build_options(
        kind, {name: spec.from_plain(values[name]) for name, spec in option_specs(kind).items() if name in values}
    )
