"""Images through the frontend node and two bridge nodes: what arrives is where the camera saw it."""

from __future__ import annotations

import numpy as np
from helpers.ros_probe import NodeProcess, header, milliseconds, parameter_arguments, texture
from sensor_msgs.msg import CameraInfo, Image, PointCloud, PointCloud2

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.depth import array_to_depth_image, point_cloud_to_array
from superpoint_ros.ros.messages.images import array_to_image

SIZE, FOCAL, CENTER = (96, 128), 100.0, (63.5, 47.5)
STAMPS = (100, 200, 300)


def camera_info(stamp: int) -> CameraInfo:
    K = [FOCAL, 0.0, CENTER[0], 0.0, FOCAL, CENTER[1], 0.0, 0.0, 1.0]
    return CameraInfo(header=header(stamp), height=SIZE[0], width=SIZE[1], k=K)


def test_images_become_features_of_vins_fusion_and_points(probe, start_node, tmp_path):
    start_node({"policy": "every_frame", "cameras.camera.topic": "/chain/image_raw",
                "cameras.camera.wait_for_camera_info": True}, "chain_frontend")  # fmt: skip
    common = {"policy": "every_frame", "tracks_topic": "/chain_frontend/camera/tracks"}
    consumers = {"vins_fusion": {}, "point_cloud": {"depth_topic": "/chain/depth"}}
    bridges = [
        NodeProcess(
            tmp_path / name, parameter_arguments({**common, "consumer": name, **more}, f"chain_{name}"), "bridge"
        )
        for name, more in consumers.items()
    ]
    try:
        features = probe.collect(PointCloud, "/feature_tracker/feature")
        points = probe.collect(PointCloud2, "/chain_point_cloud/points")
        tracks = probe.collect(Tracks, "/chain_frontend/camera/tracks")
        kinds = {"image_raw": Image, "camera_info": CameraInfo, "depth": Image}
        to = {name: probe.publisher(kind, f"/chain/{name}") for name, kind in kinds.items()}
        # Both bridges and the probe hear the frontend.
        probe.spin_until(lambda: probe.node.count_subscribers("/chain_frontend/camera/tracks") == 3, "both bridges")
        probe.let_nodes_meet()
        depth = np.full(SIZE, 2.0, np.float32)
        for stamp in STAMPS:
            to["camera_info"].publish(camera_info(stamp))
            to["depth"].publish(array_to_depth_image(depth, header(stamp)))
            to["image_raw"].publish(array_to_image(texture(1, SIZE), header(stamp)))
        probe.spin_until(lambda: min(map(len, (tracks, features, points))) == len(STAMPS), "three of each")
    finally:
        assert [bridge.stop() for bridge in bridges] == [0, 0]
    for message, cloud, placed in zip(tracks, features, points, strict=True):
        assert milliseconds(message) == milliseconds(cloud) == milliseconds(placed)
        assert len(message.id) > 10
        assert [int(value) for value in cloud.channels[0].values] == list(message.id)
        xy = np.column_stack([message.x, message.y])
        expected = (xy - CENTER) / FOCAL
        np.testing.assert_allclose([(point.x, point.y) for point in cloud.points], expected, atol=1e-5)
        xyz = point_cloud_to_array(placed, ("x", "y", "z"))
        inside = ((xy.round() >= 1) & (xy.round() < (SIZE[1] - 1, SIZE[0] - 1))).all(axis=1)
        np.testing.assert_allclose(xyz, np.column_stack([2 * expected, np.full(len(xy), 2.0)])[inside], atol=1e-4)
    assert max(tracks[-1].age) == len(STAMPS)
