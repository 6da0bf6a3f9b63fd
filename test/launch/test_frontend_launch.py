"""The launch file under the real launch system, with the node's own process."""

from __future__ import annotations

import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from helpers.ros_probe import Probe, header, texture
from helpers.seeded import seeded_weights_file
from sensor_msgs.msg import Image

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.images import array_to_image


def test_cameras_of_the_command_line_are_tracked(start, tmp_path):
    weights = seeded_weights_file(tmp_path)
    cameras = {"cameras": "left,right", "topic": "/a/image,/b/image", "policy": "every_frame"}
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
    launched = start("frontend", cameras="left,right", topic="/a")
    assert launched.wait() != 0
    assert "topic:=/a has 1 values for 2 cameras (left,right)" in launched.log()


def test_a_word_that_is_no_choice_is_refused(start):
    launched = start("frontend", overlay="yes")
    assert launched.wait() != 0
    assert "overlay" in launched.log()
