"""The densify node with a real tf2_ros: a cloud is placed by the transforms that are published."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tf2_ros", reason="tf2_ros is not installed; it comes with a ROS 2 distribution")

from geometry_msgs.msg import TransformStamped
from helpers.ros_densify import INFO, Densify, cloud, color_image, seen_points, sparse_depth
from helpers.ros_probe import header, milliseconds
from sensor_msgs.msg import PointCloud2
from tf2_ros import StaticTransformBroadcaster, TransformBroadcaster

from superpoint_ros.core.geometry import inverse_pose, pose_from_quaternion, transform
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.ros.messages.depth import depth_image_to_array

# A lidar with x to the front and z up, seen from the camera with z to the front and y down.
LIDAR = ([0.1, -0.2, 0.3], [0.5, -0.5, 0.5, 0.5])


def stamped(stamp: int, source: str, shift: list[float], turn: list[float]) -> TransformStamped:
    """The pose of a frame in the camera's."""
    message = TransformStamped(header=header(stamp, "optical"), child_frame_id=source)
    target = message.transform
    target.translation.x, target.translation.y, target.translation.z = shift
    target.rotation.x, target.rotation.y, target.rotation.z, target.rotation.w = turn
    return message


@pytest.fixture(scope="module")
def node(probe, start_densify):
    node = Densify(probe, start_densify, "tf", PointCloud2, source="point_cloud")
    node.info.publish(INFO)
    probe.meet("tf")
    return node


def assert_placed(node: Densify, d3, sparse: np.ndarray, number: int) -> None:
    node.wait_for(number)
    expected = Densifier(d3, device="cpu").densify(color_image(0), sparse, color="bgr").depth
    np.testing.assert_allclose(depth_image_to_array(node.depth[-1]), expected, rtol=1e-3)


def test_clouds_are_placed_by_tf(probe, node, d3):
    sparse = sparse_depth(7)
    seen = seen_points(sparse)[:, 2:]
    points = transform(seen, inverse_pose(pose_from_quaternion(*map(np.array, LIDAR))))
    node.send(1000, cloud(points, header(1000, "lidar")))
    node.wait_for_report("skipped: no transform", "1")
    node.wait_for_words("points in frame 'lidar', image in frame 'optical': tf knows no transform at 1.000000000")

    static = StaticTransformBroadcaster(probe.node)
    probe.meet("tf")
    static.sendTransform(stamped(0, "lidar", *LIDAR))
    probe.meet("tf")
    node.send(2000, cloud(points, header(2000, "lidar")))
    assert_placed(node, d3, sparse, 1)

    moving, straight = TransformBroadcaster(probe.node), [0.0, 0.0, 0.0, 1.0]
    probe.meet("tf")
    moving.sendTransform(stamped(3000, "turret", [0.0, 0.0, 1.0], straight))
    moving.sendTransform(stamped(4000, "turret", [0.0, 0.0, 3.0], straight))
    probe.meet("tf")
    node.send(3500, cloud(seen - [0, 0, 2], header(3500, "turret")))
    assert_placed(node, d3, sparse, 2)
    node.send(9000, cloud(seen, header(9000, "turret")))
    node.wait_for_report("skipped: no transform", "2")
    assert [milliseconds(depth) for depth in node.depth] == [2000, 3500]
