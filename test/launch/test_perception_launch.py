"""The whole chain's launch file under the real launch system, with the nodes' own processes."""

from __future__ import annotations

import pytest

pytest.importorskip("launch.actions", reason="launch is not installed; it comes with a ROS 2 distribution")
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

from helpers.ros_probe import Probe, milliseconds
from helpers.stereo_messages import camera_infos, images
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.networks.d3 import D3, without_batch_norm
from superpoint_ros.networks.d3_checkpoint import save_d3
from superpoint_ros.networks.torch_weights import to_weights
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.scenes.stereo_pair import room_pair

SIDES = ("left", "right")


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_d3(path, to_weights(without_batch_norm(D3())))
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
    probe.let_nodes_meet()
    for publisher, info in zip(infos, camera_infos(pair), strict=True):
        publisher.publish(info)
    probe.meet(*(f"/robot/{name}" for name in ("frontend", "triangulate", "densify")))
    for publisher, image in zip(cameras, images(pair, 100), strict=True):
        publisher.publish(image)
    probe.spin_until(lambda: sparse and dense, f"dense depth: {launched.log()}")
    assert [milliseconds(message) for message in (*sparse, *dense)] == [100, 100]
    assert pair.errors(depth_image_to_array(sparse[0]))[1] < 0.05
    assert pair.errors(depth_image_to_array(dense[0]))[1] < 0.1
    probe.close()
    launched.stop()
    assert launched.log().count("process has finished cleanly") == 3


def test_a_node_that_cannot_start_ends_the_graph(start, untrained):
    launched = start("perception", densifier_weights=untrained, T_left_right="0,0,0,0,0,0,0")
    assert launched.wait() == 1
    assert "quaternion not zero" in launched.log()
    assert "the triangulate node ended with exit code 1; the graph is stopped" in launched.log()


def test_a_node_that_ends_is_started_again_where_that_is_asked_for(start, untrained):
    launched = start("perception", densifier_weights=untrained, T_left_right="0,0,0,0,0,0,0", on_exit="respawn")
    probe = Probe()
    probe.spin_until(lambda: launched.log().count("exit code 1") > 1, f"the node's second end: {launched.log()}")
    assert launched.process.poll() is None
    probe.close()


def test_a_word_that_is_no_choice_is_refused(start):
    launched = start("perception", rectified="perhaps")
    assert launched.wait() != 0
    assert "rectified" in launched.log()
