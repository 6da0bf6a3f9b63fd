"""From two cameras to dense depth: features, tracks and matches of both, sparse and dense depth of the left one.

ros2 launch superpoint_ros perception.launch.py rectified:=true \\
    left_topic:=/stereo/left/image_rect right_topic:=/stereo/right/image_rect
ros2 launch superpoint_ros perception.launch.py T_left_right:=0.12,0,0,0,0,0,1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from superpoint_ros.ros.densify.parameters import SCHEMA as DENSIFY
from superpoint_ros.ros.frontend.parameters import NAMES, camera_specs
from superpoint_ros.ros.frontend.parameters import SCHEMA as FRONTEND
from superpoint_ros.ros.runtime.launch_arguments import parameter_argument, parse_argument
from superpoint_ros.ros.runtime.launch_graph import NodeLaunch, describe_graph, params_file_argument
from superpoint_ros.ros.runtime.options import camera_info_beside
from superpoint_ros.ros.triangulate.parameters import SCHEMA as TRIANGULATE

SIDES = ("left", "right")
SPECS = {
    "frontend": {**FRONTEND.specs, **camera_specs({NAMES.name: SIDES})},
    "triangulate": TRIANGULATE.specs,
    "densify": DENSIFY.specs,
}
# Argument -> the parameters that it sets, as node and name.
SHARED = {
    "left_topic": (("frontend", "cameras.left.topic"), ("densify", "image_topic")),
    "right_topic": (("frontend", "cameras.right.topic"),),
    "left_camera_info_topic": (
        ("frontend", "cameras.left.camera_info_topic"),
        ("triangulate", "left_camera_info"),
        ("densify", "camera_info_topic"),
    ),
    "right_camera_info_topic": (
        ("frontend", "cameras.right.camera_info_topic"),
        ("triangulate", "right_camera_info"),
    ),
    "transport": (
        ("frontend", "cameras.left.transport"),
        ("frontend", "cameras.right.transport"),
        ("densify", "transport"),
    ),
    "rectified": (
        ("frontend", "cameras.left.rectified"),
        ("frontend", "cameras.right.rectified"),
        ("densify", "rectified"),
    ),
    "T_left_right": (("triangulate", "T_left_right"),),
    "sync_tolerance": (("frontend", "sync_tolerance"),),
    "slop": (("triangulate", "slop"),),
    "superpoint_weights": (("frontend", "weights"),),
    "densifier_weights": (("densify", "weights"),),
    "device": (("frontend", "device"), ("densify", "device")),
    "policy": (("frontend", "policy"), ("triangulate", "policy"), ("densify", "policy")),
    "autostart": (("frontend", "autostart"), ("triangulate", "autostart"), ("densify", "autostart")),
}
ARGUMENTS = (
    *(params_file_argument(node, f"{node}_params_file") for node in SPECS),
    *(
        parameter_argument(SPECS[node][parameter], name=argument)
        for argument, ((node, parameter), *_) in SHARED.items()
    ),
)


def with_topics(given: Mapping[str, str]) -> dict[str, str]:
    """Fill in the topics that were not given, which all three nodes must agree on."""
    filled = dict(given)
    suffix = "/compressed" if given["transport"] == "compressed" else ""
    for side in SIDES:
        filled[f"{side}_topic"] = given[f"{side}_topic"] or f"{side}/image_raw{suffix}"
        info = f"{side}_camera_info_topic"
        filled[info] = given[info] or camera_info_beside(filled[f"{side}_topic"])
    return filled


def known(node: str) -> frozenset[str]:
    """Name the parameters of a node; the parameter file may have other cameras than this chain's."""
    return frozenset(name.replace("cameras.left.", "cameras.*.") for name in SPECS[node])


def nodes(given: Mapping[str, str]) -> list[NodeLaunch]:
    """List the nodes to start with the given arguments."""
    parameters: dict[str, dict[str, Any]] = {
        "frontend": {NAMES.name: list(SIDES)},
        "triangulate": {f"{side}_features": f"frontend/{side}/features" for side in SIDES},
        "densify": {"source": "depth_image", "sparse_topic": "triangulate/sparse_depth", "slop": 0.0},
    }
    for argument, text in with_topics(given).items():
        for node, parameter in SHARED.get(argument, ()) if text else ():
            parameters[node][parameter] = parse_argument(SPECS[node][parameter], text, argument)
    return [NodeLaunch(node, given[f"{node}_params_file"], known(node), parameters[node]) for node in SPECS]


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return describe_graph(ARGUMENTS, nodes)
