"""A USB camera (V4L2): features and tracks.

ros2 run usb_cam usb_cam_node_exe
ros2 launch superpoint_ros usb_cam.launch.py
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

INCLUDES = {"frontend": {"topic": "/image_raw"}}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
