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
FROM_FILE = "; empty = as in params_file"
# name: (default, description). All values are strings; lists are separated by commas.
ARGUMENTS = {
    "params_file": (
        str(Path(get_package_share_directory(PACKAGE)) / "config" / "frontend.yaml"),
        "YAML file with the node's parameters",
    ),
    "namespace": ("", "namespace of the node"),
    "cameras": ("", f"names of the cameras, left,right for example{FROM_FILE}"),
    "image_topics": ("", f"their image topics, in the order of cameras (default camera){FROM_FILE}"),
    "transport": ("", f"raw or compressed, for all of image_topics or cameras{FROM_FILE}"),
    "weights": ("", f"path of a weights file{FROM_FILE}"),
    "device": ("", f"auto, cpu, cuda or cuda:N{FROM_FILE}"),
    "policy": ("", f"latest or every_frame{FROM_FILE}"),
    "overlay": ("", f"true or false: offer the image with the tracks drawn on it{FROM_FILE}"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
}


def camera_parameters(cameras: str, image_topics: str, transport: str) -> dict[str, Any]:
    """Lists as typed on the command line -> parameters; only what was given."""
    names = cameras.split(",") if cameras else ["camera"]
    topics = image_topics.split(",") if image_topics else []
    if topics and len(topics) != len(names):
        raise ValueError(f"{len(topics)} image_topics ({image_topics}) for {len(names)} cameras ({','.join(names)})")
    parameters: dict[str, Any] = {"cameras.names": names} if cameras or topics else {}
    parameters |= {f"cameras.{name}.topic": topic for name, topic in zip(names, topics, strict=False)}
    if transport:
        parameters |= {f"cameras.{name}.transport": transport for name in names}
    return parameters


def node_parameters(arguments: dict[str, str]) -> dict[str, Any]:
    """The parameters that the launch arguments override."""
    parameters: dict[str, Any] = {name: arguments[name] for name in ("weights", "device", "policy") if arguments[name]}
    if arguments["overlay"]:
        parameters["overlay"] = arguments["overlay"].lower() == "true"
    return parameters | camera_parameters(arguments["cameras"], arguments["image_topics"], arguments["transport"])


def start_node(context: LaunchContext) -> list[Node]:
    arguments = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
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
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, (default, description) in ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start_node)])
