"""ZED: features and tracks of the rectified color images, and the camera's own depth with its holes filled.

ros2 launch zed_wrapper zed_camera.launch.py camera_model:=zed2i
ros2 launch superpoint_ros zed.launch.py
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

COLOR = "/zed/zed_node/rgb/color/rect/image"
INCLUDES = {
    "frontend": {"topic": COLOR, "rectified": "true"},
    "densify": {
        "image_topic": COLOR,
        "rectified": "true",
        "sparse_topic": "/zed/zed_node/depth/depth_registered",
        "slop": "0.02",
    },
}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
