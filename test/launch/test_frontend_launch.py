"""The launch file under the real launch system, with the node's own process."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from ament_index_python.packages import get_package_share_directory
from ros_probe import WAIT_S, Probe, header, texture
from seeded import seeded_weights_file
from sensor_msgs.msg import Image

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.conversions import array_to_image

LAUNCH_FILE = Path(get_package_share_directory("superpoint_ros")) / "launch" / "frontend.launch.py"
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


@pytest.fixture(scope="module")
def launch_file():
    specification = importlib.util.spec_from_file_location("frontend_launch", LAUNCH_FILE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def start(tmp_path):
    processes = []

    def start(**arguments):
        command = [
            sys.executable,
            "-c",
            START,
            str(LAUNCH_FILE),
            *(f"{key}:={value}" for key, value in arguments.items()),
        ]
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PATH": search, "ROS_LOG_DIR": str(tmp_path)}
        log = (tmp_path / "launch.log").open("w+")
        processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, env=environment))
        return processes[-1], tmp_path / "launch.log"

    yield start
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(WAIT_S)


def test_cameras_of_the_command_line_are_tracked(start, tmp_path):
    weights = seeded_weights_file(tmp_path)
    cameras = {"cameras": "left,right", "image_topics": "/a/image,/b/image", "policy": "every_frame"}
    process, log = start(namespace="robot", weights=weights, overlay="false", **cameras)
    probe = Probe()
    publishers = {name: probe.publisher(Image, topic) for name, topic in (("left", "/a/image"), ("right", "/b/image"))}
    tracks = {name: probe.collect(Tracks, f"/robot/frontend/{name}/tracks") for name in publishers}
    assert probe.node.count_publishers("/robot/frontend/left/overlay") == 0
    for name, publisher in publishers.items():
        for stamp in (100, 200):
            publisher.publish(array_to_image(texture(1, (48, 64)), header(stamp, name)))
    for name, collected in tracks.items():
        probe.spin_until(lambda collected=collected: len(collected) == 2, "two tracks messages")
        assert {message.header.frame_id for message in collected} == {name}
        assert set(collected[1].age) == {2}
    probe.close()
    process.send_signal(signal.SIGINT)
    process.wait(WAIT_S)
    assert "process has finished cleanly" in log.read_text()


def test_a_node_that_cannot_start_is_reported(start, tmp_path):
    process, log = start(weights=seeded_weights_file(tmp_path), device="cuda:99")
    process.wait(WAIT_S)
    assert "device 'cuda:99' was asked for, but" in log.read_text()
    assert "exit code 1" in log.read_text()


def test_lists_of_different_length_are_refused(start):
    process, log = start(cameras="left,right", image_topics="/a")
    assert process.wait(WAIT_S) != 0
    assert "1 image_topics (/a) for 2 cameras (left,right)" in log.read_text()


def test_a_word_that_is_no_choice_is_refused(start):
    process, log = start(overlay="yes")
    assert process.wait(WAIT_S) != 0
    assert "overlay" in log.read_text()


def test_nothing_given_leaves_everything_to_the_file(launch_file):
    arguments = dict.fromkeys((argument.name for argument in launch_file.ARGUMENTS), "")
    assert launch_file.node_parameters(arguments) == {}


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        ({"overlay": "false"}, {"overlay": False}),
        ({"overlay": "true"}, {"overlay": True}),
        ({"image_topics": "/x"}, {"cameras.names": ["camera"], "cameras.camera.topic": "/x"}),
        ({"cameras": "a,b"}, {"cameras.names": ["a", "b"]}),
        ({"transport": "compressed"}, {"cameras.camera.transport": "compressed"}),
        (
            {"weights": "/w", "device": "cpu", "policy": "latest"},
            {"weights": "/w", "device": "cpu", "policy": "latest"},
        ),
    ],
)
def test_arguments_become_parameters(launch_file, given, parameters):
    arguments = dict.fromkeys((argument.name for argument in launch_file.ARGUMENTS), "") | given
    assert launch_file.node_parameters(arguments) == parameters


def test_every_argument_is_described(launch_file):
    declared = launch_file.generate_launch_description().get_launch_arguments()
    assert [argument.name for argument in declared] == [argument.name for argument in launch_file.ARGUMENTS]
    assert all(argument.description for argument in declared)
