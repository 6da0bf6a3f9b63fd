"""From two cameras to dense depth: features, tracks and matches of both, sparse and dense depth of the left one.

ros2 launch superpoint_ros perception.launch.py rectified:=true \\
    left_topic:=/stereo/left/image_rect right_topic:=/stereo/right/image_rect
ros2 launch superpoint_ros perception.launch.py extrinsic:=0.12,0,0,0,0,0,1
"""

from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from superpoint_ros.ros.runtime.parameters import camera_info_beside

PACKAGE = "superpoint_ros"
SHARE = Path(get_package_share_directory(PACKAGE))
SIDES = ("left", "right")
# Empty = what the parameter files say, but for the topics, which are given to all three nodes.
OVERRIDES = {
    "left_topic": "topic of the left images; empty = /left/image_raw (+ /compressed)",
    "right_topic": "topic of the right images; empty = /right/image_raw (+ /compressed)",
    "transport": "type of all images, raw or compressed",
    "left_camera_info": "topic of the left calibration; empty = camera_info beside the left images",
    "right_camera_info": "topic of the right calibration; empty = camera_info beside the right images",
    "rectified": "whether the images are free of lens distortion, true or false",
    "extrinsic": "pose of the right camera in the left one's optical frame, x,y,z,qx,qy,qz,qw; empty = from CameraInfo",
    "slop": "[s] greatest difference of the stamps of two images of a pair",
    "superpoint_weights": "path of SuperPoint's weights",
    "densifier_weights": "path of the densifier's weights",
    "device": "auto, cpu, cuda or cuda:N",
    "policy": "latest or every_frame",
    "namespace": "of all nodes",
}
ARGUMENTS = (
    *(
        DeclareLaunchArgument(f"{node}_params", default_value=str(SHARE / "config" / f"{node}.yaml"), description=text)
        for node in ("frontend", "triangulate", "densify")
        for text in (f"YAML file of the {node} node's parameters",)
    ),
    *(DeclareLaunchArgument(name, default_value="", description=text) for name, text in OVERRIDES.items()),
    DeclareLaunchArgument("log_level", default_value="info", description="debug, info, warn, error or fatal"),
)


def with_topics(arguments: dict[str, str]) -> dict[str, str]:
    """The arguments with every topic filled in."""
    suffix = "/compressed" if arguments["transport"] == "compressed" else ""
    filled = dict(arguments)
    for side in SIDES:
        topic = arguments[f"{side}_topic"] or f"/{side}/image_raw{suffix}"
        filled[f"{side}_topic"] = topic
        filled[f"{side}_camera_info"] = arguments[f"{side}_camera_info"] or camera_info_beside(topic)
    return filled


def frontend_arguments(arguments: dict[str, str]) -> dict[str, str]:
    return {
        "params_file": arguments["frontend_params"],
        "cameras": ",".join(SIDES),
        "image_topics": ",".join(arguments[f"{side}_topic"] for side in SIDES),
        "camera_info_topics": ",".join(arguments[f"{side}_camera_info"] for side in SIDES),
        "weights": arguments["superpoint_weights"],
    }


def densify_arguments(arguments: dict[str, str]) -> dict[str, str]:
    return {
        "params_file": arguments["densify_params"],
        "image_topic": arguments["left_topic"],
        "camera_info_topic": arguments["left_camera_info"],
        "source": "depth_image",
        "sparse_topic": "triangulate/sparse_depth",
        "slop": "0.0",
        "weights": arguments["densifier_weights"],
    }


def triangulate_parameters(arguments: dict[str, str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {f"{side}_features": f"frontend/{side}/features" for side in SIDES}
    parameters |= {f"{side}_camera_info": arguments[f"{side}_camera_info"] for side in SIDES}
    if arguments["extrinsic"]:
        parameters["extrinsic"] = [float(number) for number in arguments["extrinsic"].split(",")]
    if arguments["slop"]:
        parameters["slop"] = float(arguments["slop"])
    if arguments["policy"]:
        parameters["policy"] = arguments["policy"]
    return parameters


def include(name: str, arguments: dict[str, str], own: dict[str, str]) -> GroupAction:
    """Another launch file with the arguments that all share and its own, which reach no further."""
    shared = {key: arguments[key] for key in ("namespace", "transport", "rectified", "device", "policy", "log_level")}
    source = PythonLaunchDescriptionSource(str(SHARE / "launch" / f"{name}.launch.py"))
    return GroupAction([IncludeLaunchDescription(source, launch_arguments=(shared | own).items())])


def start_nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = {argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS}
    arguments = with_topics(given)
    triangulate = Node(
        package=PACKAGE,
        executable="triangulate_node",
        name="triangulate",
        namespace=arguments["namespace"],
        parameters=[arguments["triangulate_params"], triangulate_parameters(arguments)],
        arguments=["--ros-args", "--log-level", arguments["log_level"]],
        output="screen",
    )
    return [
        include("frontend", arguments, frontend_arguments(arguments)),
        triangulate,
        include("densify", arguments, densify_arguments(arguments)),
    ]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start_nodes)])
