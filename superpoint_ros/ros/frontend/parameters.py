"""The frontend node's parameters; nothing here needs ROS."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import OptionSpec, build_options, check_options, option, option_specs
from superpoint_ros.core.region_options import RegionOptions
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.runtime.options import InputLimits, NodeOptions, ParameterSchema, SyncOptions, Transport

DescriptorType: TypeAlias = Literal["float32", "float16", "int8"]


@dataclass(frozen=True)
class CameraParameters:
    """Describe where one camera's images come from."""

    topic: str = option(
        "",
        "Topic of the images; empty = <name>/image_raw, followed by /compressed if that is the transport.",
        fixed=True,
    )
    transport: Transport = option("raw", "Type of the images.", fixed=True)
    camera_info_topic: str = option("", "Topic of the calibration; empty = camera_info beside the images.", fixed=True)
    rectified: bool = option(False, "Whether the images are free of lens distortion.", fixed=True)
    mask_topic: str = option(
        "", "Topic of live masks: mono8 images that are 0 where no keypoints are wanted; empty = none.", fixed=True
    )
    region: RegionOptions = field(default_factory=RegionOptions)
    wait_for_camera_info: bool = option(False, "Whether images are held back until a calibration arrives.", fixed=True)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class FrontendParameters(NodeOptions):
    """Hold all parameters of the frontend node.

    Attributes:
        cameras: The cameras by name.
    """

    sync: SyncOptions = field(default_factory=SyncOptions)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    descriptor_type: DescriptorType = option(
        "float32",
        "Type of the descriptors in Features messages; float16 and int8 take a half and a quarter of the bytes.",
    )
    overlay: bool = option(
        True, "Whether ~/<camera>/overlay is available; it is drawn only while someone subscribes.", fixed=True
    )
    snapshot_folder: str = option(
        "~/.ros/snapshots", "Folder in which the service ~/save_snapshot creates a folder for each snapshot."
    )
    limits: InputLimits = field(default_factory=InputLimits)
    decoding: DecodeOptions = field(default_factory=DecodeOptions)
    tracker: TrackerOptions = field(default_factory=TrackerOptions)
    max_time_gap: float = option(
        1.0,
        "Maximum time between two images for optical flow to follow from one to the other.",
        unit="s",
        limits=(0.001, 1000.0),
    )
    cameras: Mapping[str, CameraParameters] = field(default_factory=dict)

    @property
    def max_pixels(self) -> int:
        """Return the largest number of pixels of an image, so that the network sees no more at its largest scale."""
        return round(self.limits.max_pixels / max(1.0, *self.decoding.scales) ** 2)


CAMERA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NAMES = OptionSpec(
    "cameras.names", str, ("camera",), "Names of the cameras; output topics are ~/<name>/...", fixed=True, count=None
)


def check_names(names: Sequence[str]) -> None:
    """Check the names of cameras.

    Raises:
        ParameterError: No names, or ones that cannot be part of a topic and a parameter.
    """
    bad = [name for name in names if not CAMERA_NAME.fullmatch(name)]
    if bad or not names or len(set(names)) < len(names) or "names" in names:
        raise ParameterError(
            f"{NAMES.name}={names} must be one or more different names of letters, digits and _, "
            "beginning with a letter, other than 'names'"
        )


def camera_specs(values: Mapping[str, Any]) -> dict[str, OptionSpec]:
    """Describe the parameters of each camera that `cameras.names` names: cameras.<name>.topic and so on.

    Raises:
        ParameterError: No names, or ones that cannot be part of a topic and a parameter.
    """
    names = list(values.get(NAMES.name, NAMES.default))
    check_names(names)
    specs = {f"cameras.{name}.{key}": spec for name in names for key, spec in option_specs(CameraParameters).items()}
    return {full_name: replace(spec, name=full_name) for full_name, spec in specs.items()}


def build_parameters(values: Mapping[str, Any]) -> FrontendParameters:
    """Make the parameters from values by name.

    Raises:
        ParameterError: A value that is not allowed.
    """
    own = {name: value for name, value in values.items() if not name.startswith("cameras.")}
    cameras = {
        name: build_options(
            CameraParameters,
            {
                key: values[f"cameras.{name}.{key}"]
                for key in option_specs(CameraParameters)
                if f"cameras.{name}.{key}" in values
            },
        )
        for name in values.get(NAMES.name, NAMES.default)
    }
    parameters = replace(build_options(FrontendParameters, own), cameras=cameras)
    if parameters.sync.is_on and parameters.sync.min_cameras > len(cameras):
        smallest = parameters.sync.min_cameras
        raise ParameterError(f"min_cameras={smallest}: {NAMES.name} names no more than {len(cameras)}")
    return parameters


SCHEMA = ParameterSchema(
    "frontend", {NAMES.name: NAMES, **option_specs(FrontendParameters)}, build_parameters, camera_specs
)
