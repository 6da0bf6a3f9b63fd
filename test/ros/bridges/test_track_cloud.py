"""Points of tracks with depth, read back by the offsets and types that the message itself declares."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from helpers.ros_probe import header
from helpers.track_messages import tracks_message
from hypothesis import given, strategies
from sensor_msgs.msg import PointCloud2, PointField

from superpoint_ros.ros.bridges.track_cloud import tracks_to_point_cloud
from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.errors import InputError

SIZE = (240, 320)
# sensor_msgs/PointField: INT32 = 5, UINT32 = 6, FLOAT32 = 7.
FORMATS = {5: "i", 6: "I", 7: "f"}


def depth_image(value: float = 2.0, size: tuple[int, int] = SIZE, encoding: str = "32FC1"):
    return array_to_depth_image(np.full(size, value, np.float32), header(1500), encoding)


def read_points(cloud: PointCloud2) -> list[dict[str, float]]:
    """One point after the other, as sensor_msgs/PointCloud2 describes its data."""
    order, data = ">" if cloud.is_bigendian else "<", bytes(cloud.data)
    assert (cloud.height, len(data)) == (1, cloud.row_step)

    def value(row: int, field: PointField) -> float:
        return struct.unpack_from(order + FORMATS[field.datatype], data, row * cloud.point_step + field.offset)[0]

    return [{field.name: value(row, field) for field in cloud.fields} for row in range(cloud.width)]


def test_the_bytes():
    cloud = tracks_to_point_cloud(tracks_message(), depth_image())
    expected = struct.pack("<5f2I", 0.5, -1.0, 2.0, 100.5, 50.25, 4, 1)
    expected += struct.pack("<5f2I", 0.25, 2.0, 2.0, 300, 200, 2**24 + 6, 3)
    assert bytes(cloud.data) == expected
    assert [field.name for field in cloud.fields] == ["x", "y", "z", "u", "v", "id", "age"]
    assert (cloud.header.frame_id, cloud.point_step, cloud.is_bigendian, cloud.is_dense) == ("optical", 28, False, True)


def test_sigma_is_a_field_where_the_tracks_have_it():
    sigma = np.float32([0.5, 0.25, 1.5])
    points = read_points(tracks_to_point_cloud(tracks_message(sigma=sigma), depth_image()))
    assert [point["sigma"] for point in points] == [0.5, 1.5]


@given(strategies.integers(0, 2**32), strategies.integers(0, 40))
def test_points_project_to_their_tracks_and_lie_at_their_depth(seed, count):
    rng = np.random.default_rng(seed)
    xy = rng.uniform([1, 1], [SIZE[1] - 2, SIZE[0] - 2], (count, 2)).astype(np.float32)
    ids, age = rng.integers(0, 2**40, count), rng.integers(1, 100, count).astype(np.int32)
    normalized = ((xy - [160, 120]) / 300).astype(np.float32)
    normalized[rng.random(count) < 0.2] = np.nan
    depth = np.tile(np.linspace(2.0, 4.0, SIZE[1], dtype=np.float32), (SIZE[0], 1))
    depth[:, 100:140] = np.nan
    message = tracks_message(xy=xy, id=ids, age=age, normalized=normalized, velocity=np.zeros_like(normalized))
    points = read_points(tracks_to_point_cloud(message, array_to_depth_image(depth, header(1500))))
    at = depth[np.round(xy[:, 1]).astype(int), np.round(xy[:, 0]).astype(int)]
    kept = np.isfinite(normalized).all(axis=1) & np.isfinite(at)
    assert [(point["id"], point["age"]) for point in points] == list(zip(ids[kept] % 2**32, age[kept], strict=True))
    assert [(point["u"], point["v"]) for point in points] == list(map(tuple, xy[kept].tolist()))
    found = np.array([[point["x"], point["y"], point["z"]] for point in points]).reshape(-1, 3)
    np.testing.assert_allclose(found[:, 2], at[kept], rtol=1e-6)
    np.testing.assert_allclose(300 * found[:, :2] / found[:, 2:] + [160, 120], xy[kept], atol=1e-3)


def test_depth_in_millimeters():
    points = read_points(tracks_to_point_cloud(tracks_message(), depth_image(1.5, encoding="16UC1")))
    assert [point["z"] for point in points] == pytest.approx([1.5, 1.5])


def test_no_depth_gives_an_empty_cloud():
    cloud = tracks_to_point_cloud(tracks_message(), depth_image(np.nan))
    assert (cloud.width, len(cloud.data), cloud.is_dense, len(cloud.fields)) == (0, 0, True, 7)


SIZES = [((120, 160), 1), ((240, 160), 1), ((120, 320), 1), ((6, 7), 2), ((2, 320), 2)]


@pytest.mark.parametrize(("size", "outside"), SIZES)
def test_depth_of_another_size_is_refused(size, outside):
    with pytest.raises(InputError, match=f"{outside} of 2 tracks lie outside the depth image of {size[1]}x{size[0]}"):
        tracks_to_point_cloud(tracks_message(), depth_image(size=size))


def one_track(x: float, y: float):
    pixel = np.float32([[x, y]])
    return tracks_message(id=np.array([7]), age=np.array([2], np.int32), xy=pixel, normalized=pixel, velocity=pixel)


@pytest.mark.parametrize(("x", "y"), [(-1, -1), (320, 5), (5, 240)])
def test_a_track_at_the_border_may_lie_a_pixel_outside(x, y):
    assert tracks_to_point_cloud(one_track(x, y), depth_image()).width == 0


@pytest.mark.parametrize(("x", "y"), [(-1.5, 5), (5, -1.5), (320.5, 5), (5, 240.5)])
def test_a_track_further_outside_is_of_another_image(x, y):
    with pytest.raises(InputError, match="1 of 1 tracks lie outside"):
        tracks_to_point_cloud(one_track(x, y), depth_image())


def test_the_smallest_depth_image_has_one_pixel_with_neighbors():
    assert read_points(tracks_to_point_cloud(one_track(1, 1), depth_image(size=(3, 3))))[0]["z"] == 2.0
    with pytest.raises(InputError, match="depth image of 3x2"):
        tracks_to_point_cloud(one_track(1, 1), depth_image(size=(2, 3)))


def test_what_is_no_depth_image_is_refused():
    image = depth_image()
    image.encoding = "rgb8"
    with pytest.raises(InputError, match="depth encoding 'rgb8' is not one of"):
        tracks_to_point_cloud(tracks_message(), image)
    with pytest.raises(InputError, match="max_megapixels"):
        tracks_to_point_cloud(tracks_message(), depth_image(), max_pixels=1000)


def test_tracks_of_an_unknown_camera_are_refused():
    with pytest.raises(InputError, match="CameraInfo"):
        tracks_to_point_cloud(tracks_message(normalized=None, velocity=None), depth_image())


def test_positions_that_are_not_finite_are_left_out():
    xy = np.float32([[100.5, np.nan], [7, 8], [300, 200]])
    points = read_points(tracks_to_point_cloud(tracks_message(xy=xy), depth_image()))
    assert [point["u"] for point in points] == [300]


def test_values_that_float32_cannot_hold_are_left_out():
    normalized = np.float32([[3e38, 0], [0, 0], [0.5, 0.5]])
    points = read_points(tracks_to_point_cloud(tracks_message(normalized=normalized), depth_image(50.0)))
    assert [point["u"] for point in points] == [7, 300]
