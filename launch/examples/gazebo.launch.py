"""Gazebo, a sensor of type rgbd_camera with the topic `camera`: features and tracks, and its depth with holes filled.

ros2 run ros_gz_image image_bridge /camera/image /camera/depth_image
ros2 run ros_gz_bridge parameter_bridge /camera/camera_info@sensor_msgs/msg/CameraInfo[gz.msgs.CameraInfo
ros2 launch superpoint_ros gazebo.launch.py
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

COLOR = "/camera/image"
INCLUDES = {
    "frontend": {"topic": COLOR, "rectified": "true"},
    "densify": {"image_topic": COLOR, "rectified": "true", "sparse_topic": "/camera/depth_image"},
}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
