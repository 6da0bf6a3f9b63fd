"""The bridge node alone: the frontend's tracks in, the messages of another system out.

ros2 launch superpoint_ros bridge.launch.py consumer:=vins_fusion
ros2 launch superpoint_ros bridge.launch.py consumer:=vins_mono tracks_topic:=/frontend/left/tracks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from superpoint_ros.ros.bridges.parameters import SCHEMA
from superpoint_ros.ros.runtime.launch_arguments import parameter_argument, parse_arguments
from superpoint_ros.ros.runtime.launch_graph import NodeLaunch, describe_graph, params_file_argument

SPECS = SCHEMA.specs
ARGUMENTS = (params_file_argument("bridge"), *map(parameter_argument, SPECS.values()))


def nodes(given: Mapping[str, str]) -> list[NodeLaunch]:
    """List the nodes to start with the given arguments."""
    return [NodeLaunch("bridge", given["params_file"], frozenset(SPECS), parse_arguments(SPECS, given))]


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return describe_graph(ARGUMENTS, nodes)
