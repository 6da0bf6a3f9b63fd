"""The launch file under the real launch system, with the node's own process."""

from __future__ import annotations

import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from helpers.launch_process import load_launch_file
from helpers.ros_probe import Probe, header, texture
from helpers.seeded import seeded_weights_file
from sensor_msgs.msg import Image

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.images import array_to_image


@pytest.fixture(scope="module")
def launch_file():
    return load_launch_file("frontend")


def test_cameras_of_the_command_line_are_tracked(start, tmp_path):
    weights = seeded_weights_file(tmp_path)
    cameras = {"cameras": "left,right", "image_topics": "/a/image,/b/image", "policy": "every_frame"}
    launched = start("frontend", namespace="robot", weights=weights, overlay="false", **cameras)
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
    launched.stop()
    assert "process has finished cleanly" in launched.log()


def test_a_node_that_cannot_start_is_reported(start, tmp_path):
    launched = start("frontend", weights=seeded_weights_file(tmp_path), device="cuda:99")
    launched.wait()
    assert "device 'cuda:99' was asked for, but" in launched.log()
    assert "exit code 1" in launched.log()


def test_lists_of_different_length_are_refused(start):
    launched = start("frontend", cameras="left,right", image_topics="/a")
    assert launched.wait() != 0
    assert "1 image_topics (/a) for 2 cameras (left,right)" in launched.log()


def test_a_word_that_is_no_choice_is_refused(start):
    launched = start("frontend", overlay="yes")
    assert launched.wait() != 0
    assert "overlay" in launched.log()


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
        ({"rectified": "true"}, {"cameras.camera.rectified": True}),
        ({"camera_info_topics": "/info"}, {"cameras.camera.camera_info_topic": "/info"}),
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
