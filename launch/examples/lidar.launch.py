"""A lidar beside a calibrated camera: features and tracks, and dense depth from the lidar's points.

T_camera_cloud below stands for a lidar 8 cm above the camera that looks the same way: x forward, y left, z up. Write
your own, or take the line out where tf2 knows it.

ros2 launch velodyne velodyne-all-nodes-VLP16-launch.py
ros2 launch superpoint_ros lidar.launch.py
"""

from __future__ import annotations

from typing import Any

from superpoint_ros.ros.runtime.launch_graph import include_launch_files

IMAGES = "/camera/image_raw"
INCLUDES = {
    "frontend": {"topic": IMAGES},
    "densify": {
        "image_topic": IMAGES,
        "source": "point_cloud",
        "sparse_topic": "/velodyne_points",
        "T_camera_cloud": "0,-0.08,0,0.5,-0.5,0.5,0.5",
        "slop": "0.05",
    },
}


def generate_launch_description() -> Any:
    """Describe the launch, as `ros2 launch` asks for it."""
    return include_launch_files(INCLUDES)
