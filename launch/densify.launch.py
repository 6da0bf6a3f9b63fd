"""The densify node alone: images and sparse depth in, dense depth with confidence out.

ros2 launch superpoint_ros densify.launch.py sparse_topic:=/sparse_depth
ros2 launch superpoint_ros densify.launch.py source:=point_cloud sparse_topic:=/lidar/points
ros2 launch superpoint_ros densify.launch.py source:=feature_cloud sparse_topic:=/slam/features
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

PACKAGE = "superpoint_ros"
PARAMS_FILE = Path(get_package_share_directory(PACKAGE)) / "config" / "densify.yaml"
OVERRIDES = {
    "image_topic": "topic of the images",
    "transport": "their type, raw or compressed",
    "camera_info_topic": "topic of their calibration",
    "rectified": "whether they are free of lens distortion",
    "source": "kind of the sparse depth: depth_image, point_cloud or feature_cloud",
    "sparse_topic": "its topic",
    "slop": "[s] greatest difference of the stamps of a pair",
    "weights": "path of the densifier's weights",
    "device": "auto, cpu, cuda or cuda:N",
    "policy": "latest or every_frame",
    "encoding": "of the depth, 32FC1 or 16UC1",
    "min_confidence": "depth of less confidence is left out",
}
NUMBERS = ("slop", "min_confidence")
CHOICES = {"rectified": ["", "true", "false"]}
ARGUMENTS = (
    DeclareLaunchArgument("params_file", default_value=str(PARAMS_FILE), description="YAML file of node parameters"),
    DeclareLaunchArgument("namespace", default_value="", description="namespace of the node"),
    *(
        DeclareLaunchArgument(
            name, default_value="", description=f"{text}; empty = as in params_file", choices=CHOICES.get(name)
        )
        for name, text in OVERRIDES.items()
    ),
    DeclareLaunchArgument("log_level", default_value="info", description="debug, info, warn, error or fatal"),
)


def typed(name: str, value: str) -> str | float | bool:
    """An argument as the parameter's type."""
    if name in NUMBERS:
        return float(value)
    return value == "true" if name in CHOICES else value


def node_parameters(arguments: dict[str, str]) -> dict[str, str | float | bool]:
    """The parameters that the launch arguments override."""
    return {name: typed(name, arguments[name]) for name in OVERRIDES if arguments[name]}


def start_node(context: LaunchContext) -> list[Node]:
    arguments = {argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS}
    return [
        Node(
            package=PACKAGE,
            executable="densify_node",
            name="densify",
            namespace=arguments["namespace"],
            parameters=[arguments["params_file"], node_parameters(arguments)],
            arguments=["--ros-args", "--log-level", arguments["log_level"]],
            output="screen",
        )
    ]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start_node)])
