"""Remappings that swap or shift topics, over real DDS: what a node makes of them shows in what it computes."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.ros_densify import Densify, sparse_depth
from helpers.ros_probe import NodeProcess, header, parameter_arguments, texture
from helpers.stereo_messages import camera_info
from helpers.stereo_points import BASELINE, SIZE, stereo_points
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.core.sparse_depth import sparse_depth_from_points
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.ros.messages.features import features_to_message
from superpoint_ros.ros.messages.images import array_to_image

IMAGE_SIZE = (48, 64)
FOCAL_LENGTHS = {"left": 40.0, "right": 50.0, "rear": 80.0}
NAMES = ("left", "right", "rear")
# Of each camera of the node, the one that it is remapped to.
SWAP = {"left": "right", "right": "left"}
CHAIN = {"left": "right", "right": "rear"}


def remappings(cameras: dict[str, str], *topics: str) -> list[str]:
    rules = (f"{name}/{topic}:={other}/{topic}" for name, other in cameras.items() for topic in topics)
    return [word for rule in rules for word in ("-r", rule)]


def image_info(camera: str) -> CameraInfo:
    focal_length = FOCAL_LENGTHS[camera]
    return CameraInfo(height=48, width=64, k=[focal_length, 0.0, 31.5, 0.0, focal_length, 23.5, 0.0, 0.0, 1.0])


@pytest.fixture
def start(tmp_path):
    nodes: list[NodeProcess] = []

    def start(node: str, name: str, parameters: dict, rules: list[str]) -> None:
        arguments = [*parameter_arguments({"policy": "every_frame"} | parameters, name), *rules]
        nodes.append(NodeProcess(tmp_path / f"{name}.log", arguments, node))

    yield start
    assert [node.stop() for node in nodes] == [0] * len(nodes), "\n".join(node.log() for node in nodes)


@pytest.mark.parametrize(
    ("cameras", "topics"),
    [(SWAP, ["image_raw"]), (SWAP, ["image_raw", "camera_info"]), (CHAIN, ["image_raw"])],
    ids=["images swapped", "all swapped", "chain"],
)
def test_tracks_are_of_the_remapped_camera_s_images_with_its_calibration(
    probe, start, weights, request, cameras, topics
):
    name = f"remapped_{request.node.callspec.id.replace(' ', '_')}"
    rules = remappings({f"/{name}/{one}": f"/{name}/{other}" for one, other in cameras.items()}, *topics)
    parameters = {"weights": weights, "cameras.names": "[left, right]", "max_keypoints": 40,
                  "detection_threshold": 0.0}  # fmt: skip
    start("frontend", "frontend", parameters, ["-r", f"__ns:=/{name}", *rules])
    tracks = {one: probe.collect(Tracks, f"/{name}/frontend/{one}/tracks") for one in cameras}
    for camera in sorted(cameras.values()):
        info = probe.publisher(CameraInfo, f"/{name}/{camera}/camera_info")
        image = probe.publisher(Image, f"/{name}/{camera}/image_raw")
        info.publish(image_info(camera))
        probe.meet(f"/{name}/frontend")
        image.publish(array_to_image(texture(NAMES.index(camera), IMAGE_SIZE), header(1000, camera)))
    for camera, other in cameras.items():
        probe.spin_until(lambda camera=camera: tracks[camera], f"tracks of {camera}")
        found = tracks[camera][0]
        assert found.header.frame_id == other
        expected = (np.array(found.x) - 31.5) / FOCAL_LENGTHS[other]
        np.testing.assert_allclose(found.normalized_x, expected, atol=1e-6)


def test_swapped_features_are_triangulated_with_the_calibrations_swapped_with_them(probe, start):
    parameters = {f"{side}_{kind}": f"/crossed/{side}/{kind}" for side in SWAP for kind in ("features", "camera_info")}
    cameras = {f"/crossed/{side}": f"/crossed/{other}" for side, other in SWAP.items()}
    start("triangulate", "crossed", parameters, remappings(cameras, "features", "camera_info"))
    sparse = probe.collect(Image, "/crossed/sparse_depth")
    points = stereo_points(0)
    sides = {"right": (points.left, camera_info(0.0)), "left": (points.right, camera_info(BASELINE))}
    publishers = []
    for side, (_, info) in sides.items():
        probe.publisher(CameraInfo, f"/crossed/{side}/camera_info").publish(info)
        publishers.append(probe.publisher(Features, f"/crossed/{side}/features"))
    probe.meet("crossed")
    for publisher, (found, _) in zip(publishers, sides.values(), strict=True):
        message = features_to_message(found, header(1000), "any", np.arange(len(found)))
        message.rectified = True
        publisher.publish(message)
    probe.spin_until(lambda: sparse, "sparse depth")
    expected = sparse_depth_from_points(points.left.xy, points.depth, SIZE)
    np.testing.assert_allclose(depth_image_to_array(sparse[0]), expected, rtol=1e-3)


def test_dense_depth_comes_with_the_calibration_beside_the_remapped_images(probe, start, d3):
    def launch(name: str, **parameters: object) -> None:
        rules = ["-r", f"/{name}/image:=/{name}_input/image", "-r", f"/{name}_input/image:=/{name}/image"]
        topics = {"image_topic": f"/{name}/image", "sparse_topic": f"/{name}_input/sparse"}
        start("densify", name, {"weights": d3} | topics, rules)

    node = Densify(probe, launch, "shifted")
    node.info.publish(image_info("rear"))
    probe.meet("shifted")
    node.send(1000, sparse_depth(0))
    node.wait_for(1)
    probe.spin_until(lambda: node.infos, "a CameraInfo")
    assert node.infos[0].k[0] == FOCAL_LENGTHS["rear"]
