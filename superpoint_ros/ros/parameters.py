"""The frontend's parameters: declared once, with type, range and description, and read into frozen dataclasses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import FIRST_CELL_CENTER, MAX_SCALE, valid_scales
from superpoint_ros.core.tracker import TrackerOptions
from superpoint_ros.ros.scheduling import POLICIES

CAMERA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TRANSPORTS = {"raw": "sensor_msgs/msg/Image", "compressed": "sensor_msgs/msg/CompressedImage"}
MODEL_THRESHOLD = -1.0

Config = TypeVar("Config")


@dataclass(frozen=True)
class Setting:
    """One parameter.

    Attributes:
        name: as ROS knows it.
        default: its type is the parameter's type.
        description: for `ros2 param describe`, with unit.
        limits: least and greatest value of a number.
        choices: the allowed values of a string; () = any.
        fixed: cannot be changed at run time.
    """

    name: str
    default: Any
    description: str
    limits: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    fixed: bool = False

    def descriptor(self) -> ParameterDescriptor:
        constraints = f"one of: {', '.join(map(repr, self.choices))}" if self.choices else ""
        descriptor = ParameterDescriptor(
            description=self.description, additional_constraints=constraints, read_only=self.fixed
        )
        if self.limits and isinstance(self.default, int):
            descriptor.integer_range = [IntegerRange(from_value=self.limits[0], to_value=self.limits[1], step=1)]
        elif self.limits:
            descriptor.floating_point_range = [FloatingPointRange(from_value=self.limits[0], to_value=self.limits[1])]
        return descriptor

    def check(self, value: Any) -> Any:
        """The value itself; a ParameterError where it is not allowed."""
        if self.limits and not self.limits[0] <= value <= self.limits[1]:
            raise ParameterError(f"{self.name}={value!r} is not between {self.limits[0]} and {self.limits[1]}")
        if self.choices and value not in self.choices:
            raise ParameterError(f"{self.name}={value!r} is not one of {', '.join(map(repr, self.choices))}")
        return value


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
    Setting("model", "", "name of a shipped model, or path of a model file; empty = default", fixed=True),
    Setting("backend", "auto", "what runs the network: auto or a backend's name", fixed=True),
    Setting("device", "auto", "auto, cpu, cuda or cuda:N", fixed=True),
    Setting("sampling", "", "descriptor sampling; empty = the model's", choices=("", *FIRST_CELL_CENTER), fixed=True),
    Setting("overlay", True, "offer ~/<camera>/overlay; drawn only while someone subscribes", fixed=True),
    Setting("max_keypoints", 1000, "the strongest this many keypoints are kept; 0 = all", (0, 100_000)),
    Setting("threshold", MODEL_THRESHOLD, "least detector probability of a keypoint; -1 = the model's", (-1.0, 1.0)),
    Setting("nms_radius", 4, "[px] no two keypoints are this near (L-infinity); 0 = off", (0, 64)),
    Setting("border", 4, "[px] keypoints nearer to an image edge are dropped", (0, 1000)),
    Setting("grid_rows", 1, "rows of the grid over which kept keypoints are spread", (1, 100)),
    Setting("grid_columns", 1, "columns of that grid", (1, 100)),
    Setting(
        "scales",
        [1.0],
        f"of the image at which keypoints are looked for: different numbers above 0, at most {MAX_SCALE:g}; "
        "time grows with the sum of their squares",
    ),
    Setting("max_distance", 0.7, "descriptor distance from which two keypoints never match", (0.01, 2.0)),
    Setting("max_lost", 5, "images in which a track may stay unseen before it is given up", (0, 1000)),
    Setting("max_motion", 0.0, "[px] greatest motion per image; 0 = no gate", (0.0, 10_000.0)),
    Setting("geometric_check", 0.0, "[px] greatest distance from the epipolar line; 0 = no check", (0.0, 100.0)),
)

# Of nodes that pair two topics, see paired_inputs.py.
PAIRING_SETTINGS = (
    Setting("slop", 0.0, "[s] greatest difference of a pair's stamps; 0 = they are equal", (0.0, 10.0), fixed=True),
    Setting("queue_size", 30, "messages of a topic that wait for their partner", (1, 10_000), fixed=True),
    Setting(
        "policy",
        "latest",
        "latest: the newest pair, older ones are dropped and counted (robot); every_frame: all pairs (replay)",
        choices=tuple(POLICIES),
        fixed=True,
    ),
)  # fmt: skip


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
        extractor: arguments of Extractor that hold for the node's life.
        decoding: fields of DecodeOptions that may change; without threshold where the model's holds.
        tracker: may change.
    """

    cameras: tuple[CameraParameters, ...]
    policy: str
    overlay: bool
    extractor: dict[str, Any]
    decoding: dict[str, Any]
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


def declare_settings(node: Node, settings: tuple[Setting, ...]) -> dict[str, Any]:
    """Declares parameters on the node; their values by name."""
    return {
        setting.name: node.declare_parameter(setting.name, setting.default, setting.descriptor()).value
        for setting in settings
    }


def follow_changes(node: Node, parse: Callable[[Mapping[str, Any]], Config], take: Callable[[Config], None]) -> None:
    """From now on a change of parameters is parsed with all others and handed to `take`, or refused with the reason."""

    def on_set(changes: list[Parameter]) -> SetParametersResult:
        values = {name: parameter.value for name, parameter in node.get_parameters_by_prefix("").items()}
        try:
            take(parse(values | {change.name: change.value for change in changes}))
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(on_set)


def camera_info_beside(image_topic: str) -> str:
    """The topic camera_info in the namespace of an image topic, raw or compressed."""
    folder, slash, _ = image_topic.removesuffix("/compressed").rpartition("/")
    return f"{folder}{slash}camera_info"


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


def _scales(values: Sequence[float]) -> tuple[float, ...]:
    scales = tuple(values)
    if not valid_scales(scales):
        raise ParameterError(
            f"scales={list(scales)} must be one or more different numbers above 0 and at most {MAX_SCALE}"
        )
    return scales


def parse_parameters(values: Mapping[str, Any]) -> FrontendParameters:
    """Parameter values by name -> checked parameters; names it does not know are ignored.

    Raises:
        ParameterError: a value that is not allowed.
    """
    given = {setting.name: setting.check(values[setting.name]) for setting in SETTINGS}
    decoding = {name: given[name] for name in ("max_keypoints", "nms_radius", "border")}
    decoding["grid"] = (given["grid_rows"], given["grid_columns"])
    decoding["scales"] = _scales(given["scales"])
    if given["threshold"] >= 0.0:
        decoding["threshold"] = given["threshold"]
    elif given["threshold"] != MODEL_THRESHOLD:
        raise ParameterError(f"threshold={given['threshold']!r} is neither between 0.0 and 1.0 nor {MODEL_THRESHOLD}")
    return FrontendParameters(
        cameras=tuple(_camera(name, values) for name in _camera_names(values)),
        policy=given["policy"],
        overlay=given["overlay"],
        extractor={name: given[name] or None for name in ("weights", "model", "sampling")}
        | {name: given[name] for name in ("backend", "device")},
        decoding=decoding,
        tracker=TrackerOptions(
            **{name: given[name] for name in ("max_distance", "max_lost", "max_motion", "geometric_check")}
        ),
    )
