"""Arrays as point clouds."""

from __future__ import annotations

import numpy as np
from helpers.ros_probe import header
from sensor_msgs.msg import PointField

from superpoint_ros.ros.messages.depth import point_cloud_to_array
from superpoint_ros.ros.messages.point_clouds import columns_to_cloud


def columns(count: int, **more: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.random(count) for name in "xyz"} | more


def test_points_come_back():
    made = columns(5, u=np.arange(5.0))
    cloud = columns_to_cloud(made, header(1, "optical"))
    assert [field.name for field in cloud.fields] == ["x", "y", "z", "u"]
    assert (cloud.width, cloud.height, cloud.point_step, cloud.header.frame_id) == (5, 1, 16, "optical")
    assert cloud.is_dense
    np.testing.assert_allclose(point_cloud_to_array(cloud), np.column_stack([made[name] for name in "xyz"]), rtol=1e-6)
    np.testing.assert_array_equal(np.frombuffer(cloud.data, "<f4").reshape(5, 4)[:, 3], made["u"])


def test_a_cloud_with_a_hole_is_not_dense():
    assert not columns_to_cloud(columns(2, u=np.array([1.0, np.nan])), header(1)).is_dense


def test_no_points_make_an_empty_cloud():
    cloud = columns_to_cloud(columns(0), header(1))
    assert (cloud.width, len(cloud.data), len(cloud.fields)) == (0, 0, 3)


def test_integers_stay_integers():
    ids, ages = np.array([1, 2**32 - 1], np.uint32), np.array([-1, 7], np.int32)
    cloud = columns_to_cloud(columns(2, id=ids, age=ages), header(1))
    assert [field.datatype for field in cloud.fields] == [PointField.FLOAT32] * 3 + [
        PointField.UINT32,
        PointField.INT32,
    ]
    assert [field.offset for field in cloud.fields] == [0, 4, 8, 12, 16]
    np.testing.assert_array_equal(np.frombuffer(cloud.data, "<u4").reshape(2, 5)[:, 3], ids)
    np.testing.assert_array_equal(np.frombuffer(cloud.data, "<i4").reshape(2, 5)[:, 4], ages)
