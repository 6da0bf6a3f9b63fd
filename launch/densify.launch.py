"""The densify node alone: images and sparse depth in, dense depth with confidence out.

ros2 launch superpoint_ros densify.launch.py sparse_topic:=/sparse_depth
ros2 launch superpoint_ros densify.launch.py source:=point_cloud sparse_topic:=/lidar/points
ros2 launch superpoint_ros densify.launch.py source:=feature_cloud sparse_topic:=/slam/features
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from superpoint_ros.ros.densify.parameters import SCHEMA
from superpoint_ros.ros.runtime.launch_arguments import parameter_argument, parse_arguments
from superpoint_ros.ros.runtime.launch_graph import NodeLaunch, describe_graph, params_file_argument

SPECS = SCHEMA.specs
ARGUMENTS = (params_file_argument("densify"), *map(parameter_argument, SPECS.values()))


def nodes(given: Mapping[str, str]) -> list[NodeLaunch]:
    """List the nodes to start with the given arguments."""
    return [NodeLaunch("densify", given["params_file"], frozenset(SPECS), parse_arguments(SPECS, given))]


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return describe_graph(ARGUMENTS, nodes)
