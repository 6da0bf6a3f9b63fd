import dataclasses

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from helpers.ros_probe import header
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message

from superpoint_ros.core.types import Features, Matches, Tracks
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.messages import features as feature_messages
from superpoint_ros.ros.messages.errors import InputError

counts = st.integers(0, 40)
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def random_features(rng, count, descriptor_size=16):
    return Features(
        xy=rng.random((count, 2), np.float32) * 640,
        score=rng.random(count, np.float32),
        descriptors=rng.standard_normal((count, descriptor_size), np.float32),
        image_size=(480, 640),
    )


def random_tracks(rng, count):
    previous_xy = rng.random((count, 2), np.float32)
    previous_xy[rng.random(count) < 0.5] = np.nan
    return Tracks(
        epoch=int(rng.integers(0, 2**32)),
        id=rng.integers(0, 2**62, count),
        age=rng.integers(1, 1000, count, np.int32),
        xy=rng.random((count, 2), np.float32),
        previous_xy=previous_xy,
        distance=rng.random(count, np.float32),
        mean_distance=rng.random(count, np.float32),
        status=rng.integers(0, 2, count, np.uint8),
        lost_id=rng.integers(0, 2**62, int(rng.integers(0, 9))),
    )


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


def assert_same(got, expected):
    for field in dataclasses.fields(expected):
        value = getattr(expected, field.name)
        np.testing.assert_array_equal(getattr(got, field.name), value)
        if isinstance(value, np.ndarray):
            assert getattr(got, field.name).dtype == value.dtype
            assert getattr(got, field.name).shape == value.shape


@given(seeds, counts, st.sampled_from([1, 16, 256]))
def test_features_come_back(rng, count, descriptor_size):
    features = random_features(rng, count, descriptor_size)
    message = over_the_wire(feature_messages.features_to_message(features, header(1), "left"))
    assert_same(feature_messages.message_to_features(message), features)


@given(seeds, counts)
def test_tracks_come_back(rng, count):
    tracks = random_tracks(rng, count)
    message = over_the_wire(feature_messages.tracks_to_message(tracks, header(1), "left", Time()))
    assert_same(feature_messages.message_to_tracks(message), tracks)


def test_fields_of_features():
    features = random_features(np.random.default_rng(0), 3, 2)
    facts = {"rectified": True, "model": "m", "weights_sha256": "00ff"}
    message = feature_messages.features_to_message(features, header(1500, "lens"), "left", np.int64([7, 8, 9]), **facts)
    assert (message.header.frame_id, message.header.stamp.sec, message.header.stamp.nanosec) == ("lens", 1, 500_000_000)
    assert (message.camera, message.height, message.width, message.rectified) == ("left", 480, 640, True)
    assert (message.model, message.weights_sha256) == ("m", "00ff")
    assert message.track_id.tolist() == [7, 8, 9]
    assert message.x.tolist() == features.xy[:, 0].tolist()
    assert message.y.tolist() == features.xy[:, 1].tolist()
    assert len(message.sigma) == 0
    assert (message.descriptor_size, message.descriptor_type, message.descriptor_scale) == (2, 0, 1.0)
    np.testing.assert_array_equal(np.frombuffer(message.descriptors, "<f4").reshape(3, 2), features.descriptors)


@pytest.mark.parametrize(("name", "bytes_each"), [("float32", 4), ("float16", 2), ("int8", 1)])
@given(seeds, counts)
def test_descriptors_travel_in_smaller_types(name, bytes_each, rng, count):
    features = random_features(rng, count, 256)
    message = over_the_wire(feature_messages.features_to_message(features, header(1), "left", descriptor_type=name))
    assert len(message.descriptors) == 256 * bytes_each * count
    found = feature_messages.message_to_features(message).descriptors
    relative, absolute = {
        "float32": (0.0, 0.0),
        "float16": (2.0**-11, 1e-7),
        "int8": (0.0, message.descriptor_scale / 2 * (1 + 1e-5)),
    }[name]
    np.testing.assert_allclose(found, features.descriptors, rtol=relative, atol=absolute)


def test_untracked_features_have_no_ids():
    features = random_features(np.random.default_rng(0), 3)
    assert feature_messages.features_to_message(features, header(1), "left").track_id.tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("kind", "dtype", "scale"),
    [
        (FeaturesMessage.DESCRIPTOR_FLOAT16, np.float16, 1.0),
        (FeaturesMessage.DESCRIPTOR_INT8, np.int8, 0.5),
    ],
)
def test_descriptors_of_other_types_are_read(kind, dtype, scale):
    message = feature_messages.features_to_message(random_features(np.random.default_rng(0), 2, 2), header(1), "left")
    values = np.array([[1, -2], [3, 4]], dtype)
    message.descriptor_type, message.descriptor_scale = kind, scale
    message.descriptors = values.tobytes()
    got = feature_messages.message_to_features(message).descriptors
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, values.astype(np.float32) * scale)


def test_fields_of_tracks():
    tracks = random_tracks(np.random.default_rng(0), 2)
    normalized, velocity = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    message = feature_messages.tracks_to_message(
        tracks, header(1500), "left", Time(sec=1, nanosec=5), normalized, velocity
    )
    assert isinstance(message, TracksMessage)
    assert (message.camera, message.previous_stamp.sec, message.previous_stamp.nanosec) == ("left", 1, 5)
    np.testing.assert_allclose([message.normalized_x, message.normalized_y], normalized.T, rtol=1e-6)
    np.testing.assert_allclose([message.velocity_x, message.velocity_y], velocity.T, rtol=1e-6)


def test_without_a_camera_the_optional_fields_are_empty():
    message = feature_messages.tracks_to_message(random_tracks(np.random.default_rng(0), 2), header(1), "l", Time())
    assert [len(message.normalized_x), len(message.normalized_y)] == [0, 0]
    assert [len(message.velocity_x), len(message.velocity_y)] == [0, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"descriptors": b""}, "no descriptors"),
        ({"descriptors": b"1234567"}, "descriptors"),
        ({"descriptor_size": 3}, "descriptors"),
        ({"descriptor_type": 9}, "descriptors"),
        ({"y": [1.0]}, "features"),
        ({"score": []}, "features"),
        ({"x": [np.nan, 1.0]}, "features"),
        ({"descriptors": np.float32([1, 0, np.inf, 0]).tobytes()}, "features"),
        ({"x": [0.0] * 20_001, "y": [0.0] * 20_001, "score": [0.0] * 20_001}, "features"),
    ],
)
def test_features_that_are_not_whole_are_refused(change, reason):
    features = random_features(np.random.default_rng(0), 2, 2)
    message = feature_messages.features_to_message(features, header(1), "left")
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(InputError) as caught:
        feature_messages.message_to_features(message)
    assert caught.value.reason == reason


def test_fields_of_matches():
    rng = np.random.default_rng(0)
    left = feature_messages.features_to_message(random_features(rng, 3), header(1, "a"), "left", np.int64([7, 8, 9]))
    right = feature_messages.features_to_message(random_features(rng, 2), header(2, "b"), "right")
    right.track_id = []
    matches = Matches(np.array([0, 2]), np.array([1, 0]), np.float32([0.25, 0.5]))
    message = over_the_wire(feature_messages.matches_to_message(matches, left, right))
    assert (message.header0, message.header1) == (left.header, right.header)
    assert (message.camera0, message.camera1) == ("left", "right")
    assert (message.index0.tolist(), message.index1.tolist()) == ([0, 2], [1, 0])
    assert message.distance.tolist() == [0.25, 0.5]
    assert (message.track_id0.tolist(), message.track_id1.tolist()) == ([7, 9], [-1, -1])
