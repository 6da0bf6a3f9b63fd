"""The whole chain's launch file under the real launch system, with the nodes' own processes."""

from __future__ import annotations

import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from helpers.launch_process import load_launch_file
from helpers.ros_probe import Probe, milliseconds
from helpers.stereo_messages import camera_infos, images
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.networks.d3 import D3
from superpoint_ros.networks.d3_checkpoint import save_d3
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.scenes.stereo_pair import room_pair

SIDES = ("left", "right")


@pytest.fixture(scope="module")
def launch_file():
    return load_launch_file("perception")


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_d3(path, D3().eval())
    return path


def test_a_pair_of_images_becomes_dense_depth(start, untrained):
    pair = room_pair(2, (240, 320))
    topics = {f"{side}_topic": f"/rig/{side}/image_rect" for side in SIDES}
    launched = start(
        "perception", namespace="robot", rectified="true", policy="every_frame", densifier_weights=untrained, **topics
    )
    probe = Probe()
    infos = [
        probe.publisher(CameraInfo, f"/rig/{side}/camera_info", subscribers=count)
        for side, count in zip(SIDES, (3, 2), strict=True)
    ]
    cameras = [probe.publisher(Image, topic) for topic in topics.values()]
    sparse = probe.collect(Image, "/robot/triangulate/sparse_depth")
    dense = probe.collect(Image, "/robot/densify/depth")
    for publisher, info in zip(infos, camera_infos(pair), strict=True):
        publisher.publish(info)
    probe.spin_for(1.0)
    for publisher, image in zip(cameras, images(pair, 100), strict=True):
        publisher.publish(image)
    probe.spin_until(lambda: sparse and dense, f"dense depth: {launched.log()}")
    assert [milliseconds(message) for message in (*sparse, *dense)] == [100, 100]
    assert pair.errors(depth_image_to_array(sparse[0]))[1] < 0.05
    assert pair.errors(depth_image_to_array(dense[0]))[1] < 0.1
    probe.close()
    launched.stop()
    assert launched.log().count("process has finished cleanly") == 3


def test_a_node_that_cannot_start_is_reported(start, tmp_path, untrained):
    launched = start("perception", densifier_weights=untrained, extrinsic="0,0,0,0,0,0,0")
    probe = Probe()
    probe.spin_until(lambda: "exit code 1" in launched.log(), f"the end of the triangulate node: {launched.log()}")
    assert "quaternion not zero" in launched.log()
    probe.close()


def test_a_word_that_is_no_choice_is_refused(start):
    launched = start("perception", rectified="perhaps")
    assert launched.wait() != 0
    assert "rectified" in launched.log()


def filled(launch_file, **given: str) -> dict[str, str]:
    arguments = dict.fromkeys((argument.name for argument in launch_file.ARGUMENTS), "")
    return launch_file.with_topics(arguments | given)


def test_topics_by_default(launch_file):
    arguments = filled(launch_file)
    assert (arguments["left_topic"], arguments["right_topic"]) == ("/left/image_raw", "/right/image_raw")
    assert launch_file.triangulate_parameters(arguments) == {
        "left_features": "frontend/left/features",
        "right_features": "frontend/right/features",
        "left_camera_info": "/left/camera_info",
        "right_camera_info": "/right/camera_info",
    }


def test_compressed_images_have_their_calibration_beside_the_raw_ones(launch_file):
    arguments = filled(launch_file, transport="compressed", right_topic="/r/image_rect/compressed")
    assert arguments["left_topic"] == "/left/image_raw/compressed"
    assert (arguments["left_camera_info"], arguments["right_camera_info"]) == ("/left/camera_info", "/r/camera_info")


def test_every_node_is_told_what_concerns_it(launch_file):
    arguments = filled(
        launch_file,
        left_camera_info="/info",
        extrinsic="0.12,0,0,0,0,0,1",
        slop="0.01",
        policy="every_frame",
        superpoint_weights="/s",
        densifier_weights="/d",
    )
    parameters = launch_file.triangulate_parameters(arguments)
    assert parameters["extrinsic"] == [0.12, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert (parameters["slop"], parameters["policy"], parameters["left_camera_info"]) == (0.01, "every_frame", "/info")
    frontend, densify = launch_file.frontend_arguments(arguments), launch_file.densify_arguments(arguments)
    assert (frontend["weights"], densify["weights"]) == ("/s", "/d")
    assert frontend["camera_info_topics"] == "/info,/right/camera_info"
    assert (densify["image_topic"], densify["camera_info_topic"]) == ("/left/image_raw", "/info")


def test_every_argument_is_described(launch_file):
    declared = launch_file.generate_launch_description().get_launch_arguments()
    assert [argument.name for argument in declared] == [argument.name for argument in launch_file.ARGUMENTS]
    assert all(argument.description for argument in declared)
