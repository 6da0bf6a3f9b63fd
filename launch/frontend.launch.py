"""The frontend alone: camera images in, features and tracks out.

ros2 launch superpoint_ros frontend.launch.py image_topics:=/usb_cam/image_raw
ros2 launch superpoint_ros frontend.launch.py cameras:=left,right image_topics:=/left/image,/right/image
"""

from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

PACKAGE = "superpoint_ros"
PARAMS_FILE = Path(get_package_share_directory(PACKAGE)) / "config" / "frontend.yaml"


def override(name: str, description: str, choices: tuple[str, ...] = ()) -> DeclareLaunchArgument:
    """An argument that overrides the parameter file where it is given."""
    text = f"{description}; empty = as in params_file"
    return DeclareLaunchArgument(name, default_value="", description=text, choices=["", *choices] if choices else None)


ARGUMENTS = (
    DeclareLaunchArgument("params_file", default_value=str(PARAMS_FILE), description="YAML file of node parameters"),
    DeclareLaunchArgument("namespace", default_value="", description="namespace of the node"),
    override("cameras", "names of the cameras, separated by commas"),
    override("image_topics", "their image topics, separated by commas, in the same order (default camera: camera)"),
    override("camera_info_topics", "topics of their calibration, separated by commas, in the same order"),
    override("transport", "type of all their images", ("raw", "compressed")),
    override("rectified", "all their images are free of lens distortion", ("true", "false")),
    override("weights", "path of a weights file"),
    override("device", "auto, cpu, cuda or cuda:N"),
    override("policy", "newest image only, or all of them", ("latest", "every_frame")),
    override("overlay", "offer the image with the tracks drawn on it", ("true", "false")),
    DeclareLaunchArgument("log_level", default_value="info", description="debug, info, warn, error or fatal"),
)


def listed(name: str, words: str, names: list[str]) -> list[str]:
    """Words separated by commas, one for each camera or none at all."""
    given = words.split(",") if words else []
    if given and len(given) != len(names):
        raise ValueError(f"{len(given)} {name} ({words}) for {len(names)} cameras ({','.join(names)})")
    return given


def camera_parameters(arguments: dict[str, str]) -> dict[str, Any]:
    """Lists as typed on the command line -> parameters; only what was given."""
    names = arguments["cameras"].split(",") if arguments["cameras"] else ["camera"]
    topics, infos = (listed(name, arguments[name], names) for name in ("image_topics", "camera_info_topics"))
    parameters: dict[str, Any] = {"cameras.names": names} if arguments["cameras"] or topics else {}
    parameters |= {f"cameras.{name}.topic": topic for name, topic in zip(names, topics, strict=False)}
    parameters |= {f"cameras.{name}.camera_info_topic": topic for name, topic in zip(names, infos, strict=False)}
    if arguments["transport"]:
        parameters |= {f"cameras.{name}.transport": arguments["transport"] for name in names}
    if arguments["rectified"]:
        parameters |= {f"cameras.{name}.rectified": arguments["rectified"] == "true" for name in names}
    return parameters


def node_parameters(arguments: dict[str, str]) -> dict[str, Any]:
    """The parameters that the launch arguments override."""
    parameters: dict[str, Any] = {name: arguments[name] for name in ("weights", "device", "policy") if arguments[name]}
    if arguments["overlay"]:
        parameters["overlay"] = arguments["overlay"] == "true"
    return parameters | camera_parameters(arguments)


def start_node(context: LaunchContext) -> list[Node]:
    arguments = {argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS}
    return [
        Node(
            package=PACKAGE,
            executable="frontend_node",
            name="frontend",
            namespace=arguments["namespace"],
            parameters=[arguments["params_file"], node_parameters(arguments)],
            arguments=["--ros-args", "--log-level", arguments["log_level"]],
            output="screen",
        )
    ]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start_node)])
