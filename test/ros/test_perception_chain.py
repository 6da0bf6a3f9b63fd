"""Camera pair -> features -> matches -> sparse depth -> dense depth, through the nodes' programs over real DDS."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.layouts import shown_topics
from helpers.ros_probe import NodeProcess, milliseconds, parameter_arguments
from helpers.stereo_messages import camera_infos, images
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.msg import Matches
from superpoint_ros.networks.d3 import D3, without_batch_norm
from superpoint_ros.networks.d3_checkpoint import save_d3
from superpoint_ros.networks.torch_weights import to_weights
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.scenes.stereo_pair import room_pair

SIZE = (480, 640)
SIDES = ("left", "right")
CONFIG = Path(__file__).resolve().parents[2] / "config"
LAYOUTS = sorted([*CONFIG.glob("*.rviz"), *CONFIG.glob("*.foxglove.json")])


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Frontend with the weights that ship, triangulate, and densify with an untrained network, wired together."""
    folder = tmp_path_factory.mktemp("chain")
    save_d3(folder / "untrained.safetensors", to_weights(without_batch_norm(D3())))
    cameras = {f"cameras.{side}.{name}": value for side in SIDES for name, value in
               (("topic", f"/chain/{side}/image_rect"), ("rectified", True))}  # fmt: skip
    features = {f"{side}_features": f"/chain_frontend/{side}/features" for side in SIDES}
    calibration = {f"{side}_camera_info": f"/chain/{side}/camera_info" for side in SIDES}
    densify = {
        "image_topic": "/chain/left/image_rect",
        "sparse_topic": "/chain_triangulate/sparse_depth",
        "weights": folder / "untrained.safetensors",
        "rectified": True,
    }
    parameters = {
        "frontend": {"cameras.names": "[left, right]", **cameras},
        "triangulate": features | calibration,
        "densify": densify,
    }
    started = {
        name: NodeProcess(
            folder / f"{name}.log",
            parameter_arguments({"policy": "every_frame", **values}, f"chain_{name}"),
            name,
        )
        for name, values in parameters.items()
    }
    yield started
    statuses = [node.stop() for node in started.values()]
    assert statuses == [0, 0, 0], "\n".join(node.log() for node in started.values())


def test_a_rendered_pair_becomes_dense_depth_near_the_truth(probe, nodes):
    pair = room_pair(0, SIZE)
    infos = [
        probe.publisher(CameraInfo, f"/chain/{side}/camera_info", subscribers=count)
        for side, count in zip(SIDES, (3, 2), strict=True)
    ]
    cameras = [probe.publisher(Image, f"/chain/{side}/image_rect") for side in SIDES]
    matches = probe.collect(Matches, "/chain_triangulate/matches")
    sparse = probe.collect(Image, "/chain_triangulate/sparse_depth")
    dense = probe.collect(Image, "/chain_densify/depth")
    calibration = probe.collect(CameraInfo, "/chain_densify/camera_info")
    probe.let_nodes_meet()
    for publisher, info in zip(infos, camera_infos(pair), strict=True):
        publisher.publish(info)
    probe.meet(*(f"chain_{name}" for name in nodes))
    for publisher, image in zip(cameras, images(pair, 1000), strict=True):
        publisher.publish(image)
    collected = (matches, sparse, dense, calibration)
    probe.spin_until(
        lambda: min(map(len, collected)) == 1, "dense depth:\n" + "\n".join(node.log() for node in nodes.values())
    )
    for message in (sparse[0], dense[0], calibration[0]):
        facts = (milliseconds(message), message.header.frame_id, message.height, message.width)
        assert facts == (1000, "left_optical", *SIZE)
    assert [matches[0].header0.frame_id, matches[0].header1.frame_id] == ["left_optical", "right_optical"]
    count, median, share = pair.errors(depth_image_to_array(sparse[0]))
    assert 300 < count <= len(matches[0].index0)
    assert median < 0.05
    assert share > 0.85
    count, median, share = pair.errors(depth_image_to_array(dense[0]))
    assert count == SIZE[0] * SIZE[1]
    assert median < 0.05
    assert share > 0.75


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.name)
def test_the_viewers_layouts_show_topics_of_the_nodes_by_their_types(probe, nodes, layout):
    shown = {
        topic.replace("/camera/", "/left/").replace("/", "/chain_", 1) if topic != "/diagnostics" else topic: types
        for topic, types in shown_topics(layout).items()
    }
    published = {}

    def all_there():
        published.update(probe.node.get_topic_names_and_types())
        return set(shown) <= set(published)

    probe.spin_until(all_there, f"topics of {layout.name}: {sorted(shown)}")
    for topic, types in shown.items():
        assert set(published[topic]) <= types
        assert probe.node.count_publishers(topic) >= 1


@pytest.mark.parametrize("viewer", ["rviz", "foxglove.json"])
def test_a_layout_of_the_whole_chain_shows_tracks_depth_confidence_and_points(viewer):
    shown = set(shown_topics(CONFIG / f"perception.{viewer}"))
    assert {"/densify/depth_color", "/densify/confidence", "/densify/points", "/triangulate/points"} <= shown
    assert sum("/overlay" in topic for topic in shown) == len(SIDES)
