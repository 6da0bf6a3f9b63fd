"""Features of VINS-Mono and VINS-Fusion: byte for byte, and read as their estimators read them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from helpers.track_messages import tracks_message
from hypothesis import given, strategies
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import PointCloud

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges import vins_fusion, vins_mono
from superpoint_ros.ros.messages.errors import InputError

ENCODERS = [vins_mono.tracks_to_point_cloud, vins_fusion.tracks_to_point_cloud]
# What an estimator makes of one feature: camera, then x, y, z, u, v, velocity_x, velocity_y.
Feature = tuple[int, list[float]]


def cdr(stamp: tuple[int, int], frame: str, points: list[list[float]], channels: dict[str, list[float]]) -> bytes:
    """Serialize a PointCloud as OMG's CDR has it: little-endian, everything here aligned to 4 bytes."""

    def text(value: str) -> bytes:
        data = value.encode() + b"\0"
        return struct.pack("<I", len(data)) + data + b"\0" * (-len(data) % 4)

    body = struct.pack("<iI", *stamp) + text(frame) + struct.pack("<I", len(points))
    body += b"".join(struct.pack("<3f", *point) for point in points) + struct.pack("<I", len(channels))
    for name, values in channels.items():
        body += text(name) + struct.pack(f"<I{len(values)}f", len(values), *values)
    return b"\0\1\0\0" + body


def read_as_vins_mono(cloud: PointCloud) -> dict[int, Feature]:
    """Features by id, by the rules of VINS-Mono's estimator: id * cameras + camera in one channel, of one camera."""
    cameras, found = 1, {}
    for i, point in enumerate(cloud.points):
        number = int(cloud.channels[0].values[i] + 0.5)
        assert point.z == 1
        values = [point.x, point.y, point.z, *(cloud.channels[k].values[i] for k in (1, 2, 3, 4))]
        found[number // cameras] = (number % cameras, values)
    return found


def read_as_vins_fusion(cloud: PointCloud) -> dict[int, Feature]:
    """Features by id, by the rules of VINS-Fusion's estimator; what it reads as true positions is 0."""
    found = {}
    for i, point in enumerate(cloud.points):
        channels = [channel.values[i] for channel in cloud.channels]
        assert point.z == 1
        if len(channels) > 5:
            assert (channels[6], channels[7], channels[8]) == (0, 0, 0)
        found[int(channels[0])] = (int(channels[1]), [point.x, point.y, point.z, *channels[2:6]])
    return found


def test_the_bytes_for_vins_mono():
    expected = cdr((1, 500_000_000), "optical", [[0.125, 1, 1]], {
        "id_of_point": [6], "u": [300], "v": [200], "velocity_x": [-1.5], "velocity_y": [2],
    })  # fmt: skip
    assert deserialize_message(expected, PointCloud) == vins_mono.tracks_to_point_cloud(tracks_message())


def test_the_bytes_for_vins_fusion():
    expected = cdr((1, 500_000_000), "optical", [[0.25, -0.5, 1], [0.125, 1, 1]], {
        "feature_id": [4, 6], "camera_id": [0, 0], "p_u": [100.5, 300], "p_v": [50.25, 200],
        "velocity_x": [0, -1.5], "velocity_y": [0, 2], "gx": [0, 0], "gy": [0, 0], "gz": [0, 0],
    })  # fmt: skip
    assert deserialize_message(expected, PointCloud) == vins_fusion.tracks_to_point_cloud(tracks_message())


def random_message(seed: int, count: int) -> Tracks:
    rng = np.random.default_rng(seed)
    normalized, velocity, xy = (rng.normal(size=(count, 2)).astype(np.float32) for _ in range(3))
    normalized[rng.random(count) < 0.2] = np.nan
    velocity[rng.random(count) < 0.1, 1] = np.inf
    xy[rng.random(count) < 0.1, 0] = np.nan
    ids = rng.choice(2**24, count, replace=False)
    age = rng.integers(1, 4, count, np.int32)
    return tracks_message(normalized=normalized, velocity=velocity, xy=640 * xy, id=ids, age=age)


@given(strategies.integers(0, 2**32), strategies.integers(0, 40))
def test_an_estimator_reads_what_the_tracks_say(seed, count):
    message = random_message(seed, count)
    columns = np.stack([message.normalized_x, message.normalized_y, np.ones(count), message.x, message.y,
                        message.velocity_x, message.velocity_y], axis=1)  # fmt: skip
    expected = {id_: (0, row.tolist()) for id_, row in zip(message.id, columns, strict=True) if np.isfinite(row).all()}
    assert read_as_vins_fusion(vins_fusion.tracks_to_point_cloud(message)) == expected
    seen_twice = {id_ for id_, age in zip(message.id, message.age, strict=True) if age > 1}
    assert read_as_vins_mono(vins_mono.tracks_to_point_cloud(message)) == {
        id_: feature for id_, feature in expected.items() if id_ in seen_twice
    }


@pytest.mark.parametrize("encode", ENCODERS)
def test_every_channel_has_a_value_for_every_point(encode):
    cloud = encode(tracks_message())
    assert cloud.points
    assert {len(channel.values) for channel in cloud.channels} == {len(cloud.points)}


@pytest.mark.parametrize("encode", ENCODERS)
def test_tracks_of_an_unknown_camera_are_refused(encode):
    with pytest.raises(InputError, match=r"3 tracks with 0 normalized coordinates and 0 velocities: .* CameraInfo"):
        encode(tracks_message(normalized=None, velocity=None))


@pytest.mark.parametrize("encode", ENCODERS)
def test_a_message_that_is_not_whole_is_refused(encode):
    message = tracks_message()
    message.age = message.age[:2]
    with pytest.raises(InputError, match="2 age"):
        encode(message)


@pytest.mark.parametrize("encode", ENCODERS)
def test_an_image_without_tracks_gives_an_empty_cloud(encode):
    nothing = np.zeros((0, 2), np.float32)
    empty = {"id": np.zeros(0, np.int64), "age": np.zeros(0, np.int32), "xy": nothing}
    cloud = encode(tracks_message(normalized=nothing, velocity=nothing, **empty))
    assert (len(cloud.points), cloud.header.frame_id) == (0, "optical")
    assert all(len(channel.values) == 0 for channel in cloud.channels)
