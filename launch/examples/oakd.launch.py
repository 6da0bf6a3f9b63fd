"""OAK-D: features and tracks of the color images, and the camera's own depth with its holes filled.

ros2 launch depthai_ros_driver camera.launch.py
ros2 launch superpoint_ros oakd.launch.py
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

COLOR = "/oak/rgb/image_raw"
INCLUDES = {
    "frontend": {"topic": COLOR},
    "densify": {"image_topic": COLOR, "sparse_topic": "/oak/stereo/image_raw", "slop": "0.02"},
}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
