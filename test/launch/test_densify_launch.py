"""The densify node's launch file under the real launch system, with the node's own process."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from helpers.ros_probe import Probe, header, milliseconds, texture
from helpers.seeded import seeded_d3_file
from sensor_msgs.msg import Image

from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.images import array_to_image


def test_the_node_is_started_with_the_arguments(start, tmp_path):
    topics = {"image_topic": "/a/image", "sparse_topic": "/a/sparse", "encoding": "16UC1", "slop": "0.01"}
    calibration = {"camera_info_topic": "/b/info", "rectified": "true"}
    weights = seeded_d3_file(tmp_path)
    launched = start("densify", namespace="robot", weights=weights, policy="every_frame", **topics, **calibration)
    probe = Probe()
    image, sparse = probe.publisher(Image, "/a/image"), probe.publisher(Image, "/a/sparse")
    depth = probe.collect(Image, "/robot/densify/depth")
    assert probe.node.count_subscribers("/b/info") == 1
    image.publish(array_to_image(texture(1, (48, 64)), header(100)))
    sparse.publish(array_to_depth_image(np.full((48, 64), 2.0, np.float32), header(105)))
    probe.spin_until(lambda: depth, "a depth image")
    assert (milliseconds(depth[0]), depth[0].encoding) == (100, "16UC1")
    probe.close()
    launched.stop()
    assert "process has finished cleanly" in launched.log()


def test_a_node_that_cannot_start_is_reported(start, tmp_path):
    launched = start("densify", weights=tmp_path / "none.safetensors")
    launched.wait()
    assert "no such file" in launched.log()
    assert "exit code 1" in launched.log()


def test_a_word_that_is_no_choice_is_refused(start):
    launched = start("densify", rectified="perhaps")
    assert launched.wait() != 0
    assert "rectified" in launched.log()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"slop": "abc"}, "slop:=abc is not a number"),
        ({"log_level": "loud"}, "log_level"),
        ({"params_file": "/none.yaml"}, "params_file /none.yaml: no such file"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_by_its_name(start, arguments, words):
    launched = start("densify", **arguments)
    assert launched.wait() != 0
    assert words in launched.log()
    assert "Traceback" not in launched.log()
    assert "process started" not in launched.log()


def test_names_that_nobody_declared_are_named(start, tmp_path):
    path = tmp_path / "parameters.yaml"
    path.write_text("/**: {ros__parameters: {polcy: latest, max_depth: 5.0}}\n")
    launched = start("densify", params_file=path, weights=tmp_path / "none.safetensors", slpo="0.1")
    launched.wait()
    assert f"{path}: densify has no parameter polcy (did you mean policy?)" in launched.log()
    assert "no such launch argument: slpo (did you mean slop?)" in launched.log()
    assert "max_depth" not in launched.log()
