"""Depth images, point clouds and scaled calibrations, against the definitions of the messages."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from helpers.ros_probe import header
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import Image, PointCloud2, PointField

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import ImageError
from superpoint_ros.ros.messages.depth import (
    array_to_depth_image,
    array_to_point_cloud,
    depth_image_to_array,
    point_cloud_to_array,
)

DEPTH = np.array([[1.5, np.nan, 0.0], [65.535, 70.0, np.inf]], np.float32)


def test_meters_travel_unchanged_with_nan_where_there_is_none():
    message = array_to_depth_image(DEPTH, header(5), "32FC1")
    assert (message.encoding, message.height, message.width, message.step) == ("32FC1", 2, 3, 12)
    np.testing.assert_array_equal(depth_image_to_array(message), DEPTH)


def test_millimeters_are_clamped_and_never_wrap():
    message = array_to_depth_image(DEPTH, header(5), "16UC1")
    values = np.frombuffer(message.data, np.uint16).reshape(2, 3)
    np.testing.assert_array_equal(values, [[1500, 0, 0], [65535, 65535, 65535]])
    np.testing.assert_allclose(depth_image_to_array(message)[0], [1.5, 0.0, 0.0])


@settings(max_examples=25)
@given(st.sampled_from(["32FC1", "16UC1"]), st.booleans(), st.integers(0, 7), st.integers(1, 5), st.integers(1, 6))
def test_step_padding_and_byte_order(encoding, big, padding, height, width):
    kind, unit = (np.float32, 1.0) if encoding == "32FC1" else (np.uint16, 1e-3)
    values = np.random.default_rng(height).integers(0, 9000, (height, width)).astype(kind)
    raw = values.astype(np.dtype(kind).newbyteorder(">" if big else "<")).view(np.uint8).reshape(height, -1)
    rows = np.pad(raw, ((0, 0), (0, padding)))
    message = Image(height=height, width=width, encoding=encoding, is_bigendian=int(big), step=rows.shape[1])
    message.data = array("B", rows.tobytes())
    np.testing.assert_allclose(depth_image_to_array(message), values * unit, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"encoding": "rgb8"}, "'rgb8' is not one of 32FC1"), ({"height": 0}, "size 3x0"), ({"height": 9}, "24 bytes")],
)
def test_depth_images_that_cannot_be_are_refused(change, words):
    message = array_to_depth_image(DEPTH, header(5))
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(ImageError, match=words):
        depth_image_to_array(message)


def test_points_of_depth_come_back_with_colors():
    matrix = np.array([[40.0, 0, 3.5], [0, 40.0, 2.5], [0, 0, 1]])
    camera = Camera(matrix, np.zeros(0), (6, 8))
    depth = np.full((6, 8), np.nan, np.float32)
    depth[1, 2], depth[4, 7] = 2.0, 3.0
    bgr = np.zeros((6, 8, 3), np.uint8)
    bgr[1, 2] = (1, 2, 3)
    message = array_to_point_cloud(depth, bgr, camera, header(1))
    expected = [[(2 - 3.5) / 40 * 2, (1 - 2.5) / 40 * 2, 2], [(7 - 3.5) / 40 * 3, (4 - 2.5) / 40 * 3, 3]]
    np.testing.assert_allclose(point_cloud_to_array(message), expected, rtol=1e-6)
    assert np.frombuffer(message.data, np.uint32).reshape(2, 4)[0, 3] == 3 << 16 | 2 << 8 | 1


def test_of_every_cube_one_point_is_kept_with_its_color():
    camera = Camera(np.diag([100.0, 100.0, 1.0]), np.zeros(0), (4, 60))
    depth = np.ones((4, 60), np.float32)
    depth[2] = np.nan
    bgr = np.zeros((4, 60, 3), np.uint8)
    bgr[0, ::20, 2] = 7
    message = array_to_point_cloud(depth, bgr, camera, header(1), voxel_size=0.2)
    np.testing.assert_allclose(point_cloud_to_array(message), [[0, 0, 1], [0.2, 0, 1], [0.4, 0, 1]], atol=1e-7)
    assert np.frombuffer(message.data, np.uint32).reshape(3, 4)[:, 3].tolist() == [7 << 16] * 3


@pytest.mark.parametrize("voxel_size", [None, 0.05])
def test_pixels_beyond_the_fold_of_a_lens_model_are_no_points_and_spoil_no_cubes(voxel_size):
    matrix = np.array([[40.0, 0, 39.5], [0, 40.0, 29.5], [0, 0, 1]])
    camera = Camera(matrix, np.array([-0.45, 0.0, 0.0, 0.0]), (60, 80))
    depth, bgr = np.full((60, 80), 2.0, np.float32), np.zeros((60, 80, 3), np.uint8)
    normalized = camera.normalize(np.argwhere(depth > 0)[:, ::-1])
    known = np.isfinite(normalized).all(axis=1)
    expected = np.column_stack([normalized, np.ones(len(normalized))])[known] * 2
    if voxel_size is not None:
        expected = expected[np.sort(np.unique(np.floor(expected / voxel_size), axis=0, return_index=True)[1])]
    message = array_to_point_cloud(depth, bgr, camera, header(1), voxel_size)
    assert message.is_dense
    assert known.any()
    assert not known.all()
    np.testing.assert_allclose(np.frombuffer(message.data, np.float32).reshape(-1, 4)[:, :3], expected, rtol=1e-5)


def cloud(dtype: list, values: list[tuple], height: int = 1) -> PointCloud2:
    packed = np.array(values, dtype)
    kinds = {"<f4": PointField.FLOAT32, "<f8": PointField.FLOAT64, "<u2": PointField.UINT16}
    fields = [
        PointField(name=name, offset=packed.dtype.fields[name][1], datatype=kinds[kind], count=1)
        for name, kind in dtype
    ]
    width, size = len(values) // height, packed.dtype.itemsize
    data = array("B", packed.tobytes())
    return PointCloud2(height=height, width=width, fields=fields, point_step=size, row_step=size * width, data=data)


def test_fields_in_any_order_and_width_and_points_that_are_none():
    dtype = [("ring", "<u2"), ("z", "<f8"), ("x", "<f4"), ("y", "<f4")]
    message = cloud(dtype, [(1, 3.0, 1.0, 2.0), (2, np.nan, 0, 0), (3, 6.0, 4.0, 5.0), (4, 9.0, 7.0, 8.0)], height=2)
    np.testing.assert_allclose(point_cloud_to_array(message), [[1, 2, 3], [4, 5, 6], [7, 8, 9]])


def test_other_fields_are_read_by_name_in_the_order_asked_for():
    dtype = [("u", "<f4"), ("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("v", "<f4")]
    message = cloud(dtype, [(1, 3, 4, 5, 2), (6, 8, 9, 10, np.inf)])
    np.testing.assert_allclose(point_cloud_to_array(message, ("u", "v", "z")), [[1, 2, 5]])


@pytest.mark.parametrize("height", [0, 1])
def test_a_cloud_without_points_is_read(height):
    message = cloud([("x", "<f4"), ("y", "<f4"), ("z", "<f4")], [])
    message.height = height
    assert point_cloud_to_array(message).shape == (0, 3)


def test_clouds_that_cannot_be_are_refused():
    with pytest.raises(ImageError, match="fields x, y; needs float x, y, z"):
        point_cloud_to_array(cloud([("x", "<f4"), ("y", "<f4")], [(1, 2)]))
    short = cloud([("x", "<f4"), ("y", "<f4"), ("z", "<f4")], [(1, 2, 3), (4, 5, 6)])
    short.data = short.data[:-1]
    with pytest.raises(ImageError, match="23 bytes for 1 rows of 2 points"):
        point_cloud_to_array(short)
    beyond = cloud([("x", "<f4"), ("y", "<f4"), ("z", "<f4")], [(1, 2, 3)])
    beyond.fields[2].offset = 9
    with pytest.raises(ImageError, match="do not fit into points of 12 bytes"):
        point_cloud_to_array(beyond)
