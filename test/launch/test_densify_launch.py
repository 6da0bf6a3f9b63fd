"""The densifier's launch file under the real launch system, with the node's own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from ament_index_python.packages import get_package_share_directory
from ros_probe import WAIT_S, Probe, header, milliseconds, texture
from seeded import seeded_d3_file
from sensor_msgs.msg import Image

from superpoint_ros.ros.conversions import array_to_image
from superpoint_ros.ros.depth_conversions import array_to_depth_image

LAUNCH_FILE = Path(get_package_share_directory("superpoint_ros")) / "launch" / "densify.launch.py"
START = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

source = PythonLaunchDescriptionSource(sys.argv[1])
arguments = [argument.split(":=", 1) for argument in sys.argv[2:]]
service = LaunchService()
service.include_launch_description(LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments)]))
sys.exit(service.run())
"""


def start(folder: Path, **arguments: object) -> tuple[subprocess.Popen, Path]:
    words = [f"{key}:={value}" for key, value in arguments.items()]
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PATH": search, "ROS_LOG_DIR": str(folder)}
    log = folder / "launch.log"
    with log.open("w") as output:
        command = [sys.executable, "-c", START, str(LAUNCH_FILE), *words]
        return subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=environment), log


def test_the_node_is_started_with_the_arguments(tmp_path):
    topics = {"image_topic": "/a/image", "sparse_topic": "/a/sparse", "encoding": "16UC1", "slop": "0.01"}
    process, log = start(tmp_path, namespace="robot", weights=seeded_d3_file(tmp_path), policy="every_frame", **topics)
    probe = Probe()
    image, sparse = probe.publisher(Image, "/a/image"), probe.publisher(Image, "/a/sparse")
    depth = probe.collect(Image, "/robot/densify/depth")
    image.publish(array_to_image(texture(1, (48, 64)), header(100)))
    sparse.publish(array_to_depth_image(np.full((48, 64), 2.0, np.float32), header(105)))
    probe.spin_until(lambda: depth, "a depth image")
    assert (milliseconds(depth[0]), depth[0].encoding) == (100, "16UC1")
    probe.close()
    process.send_signal(signal.SIGINT)
    process.wait(WAIT_S)
    assert "process has finished cleanly" in log.read_text()


def test_a_node_that_cannot_start_is_reported(tmp_path):
    process, log = start(tmp_path, weights=tmp_path / "none.safetensors")
    process.wait(WAIT_S)
    assert "no such file" in log.read_text()
    assert "exit code 1" in log.read_text()
