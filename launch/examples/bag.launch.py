"""A bag of two cameras, named as in the EuRoC data set: features and tracks of every image, none dropped.

ros2 launch superpoint_ros bag.launch.py
ros2 bag play BAG
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

INCLUDES = {
    "frontend": {"cameras": "cam0,cam1", "topic": "/cam0/image_raw,/cam1/image_raw", "policy": "every_frame"},
}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
