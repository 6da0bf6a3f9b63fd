"""RealSense D4xx: features and tracks of the color images, and the camera's own depth with its holes filled.

ros2 launch realsense2_camera rs_launch.py align_depth.enable:=true enable_sync:=true
ros2 launch superpoint_ros realsense.launch.py
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

COLOR = "/camera/camera/color/image_raw"
INCLUDES = {
    "frontend": {"topic": COLOR},
    "densify": {
        "image_topic": COLOR,
        "sparse_topic": "/camera/camera/aligned_depth_to_color/image_raw",
        "slop": "0.02",
    },
}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
