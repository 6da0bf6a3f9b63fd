"""The frontend alone: camera images in, features and tracks out.

ros2 launch superpoint_ros frontend.launch.py topic:=/usb_cam/image_raw
ros2 launch superpoint_ros frontend.launch.py cameras:=left,right topic:=/left/image,/right/image

An argument of the cameras has one value for each of them, separated by commas, or, topics aside, one for all; a value
of several numbers (mask_borders, lens_circle) is as many words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from superpoint_ros.core.options import option_specs
from superpoint_ros.ros.frontend.parameters import NAMES, SCHEMA, CameraParameters, check_names
from superpoint_ros.ros.runtime.launch_arguments import (
    LaunchArgument,
    parameter_argument,
    parse_arguments,
    per_camera,
)
from superpoint_ros.ros.runtime.launch_graph import NodeLaunch, describe_graph, file_parameters, params_file_argument

SPECS = {name: spec for name, spec in SCHEMA.specs.items() if name != NAMES.name}
CAMERA_SPECS = option_specs(CameraParameters)
ARGUMENTS = (
    params_file_argument("frontend"),
    LaunchArgument("cameras", f"{NAMES.description}; separated by commas; empty = as in the parameter file"),
    *(replace(parameter_argument(spec, of="each camera"), choices=()) for spec in CAMERA_SPECS.values()),
    *map(parameter_argument, SPECS.values()),
)


def camera_names(given: Mapping[str, str]) -> list[str]:
    """Name the cameras: as given, or as the parameter file does, or as the node does by itself."""
    if given["cameras"]:
        names = [name.strip() for name in given["cameras"].split(",")]
        check_names(names)
        return names
    in_file = file_parameters("frontend", given["params_file"], given["namespace"])
    return list(in_file.get(NAMES.name, NAMES.default))


def camera_parameters(given: Mapping[str, str], names: list[str]) -> dict[str, Any]:
    """Convert the arguments of the cameras to parameters."""
    return {
        f"cameras.{camera}.{name}": value
        for name, spec in CAMERA_SPECS.items()
        if given[name]
        for camera, value in per_camera(spec, given[name], names).items()
    }


def nodes(given: Mapping[str, str]) -> list[NodeLaunch]:
    """List the nodes to start with the given arguments."""
    names = camera_names(given)
    parameters = parse_arguments(SPECS, given) | camera_parameters(given, names)
    if given["cameras"]:
        parameters[NAMES.name] = names
    known = frozenset((*SPECS, NAMES.name, *(f"cameras.*.{name}" for name in CAMERA_SPECS)))
    return [NodeLaunch("frontend", given["params_file"], known, parameters)]


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return describe_graph(ARGUMENTS, nodes)
