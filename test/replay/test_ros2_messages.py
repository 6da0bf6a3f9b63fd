"""Messages serialized without the middleware, which reads them as it reads its own."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.ros_probe import header
from rclpy.serialization import deserialize_message
from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features
from superpoint_ros.replay.recording import typestore_with_own_messages
from superpoint_ros.replay.ros2_messages import Ros2Messages, message_to_cdr, type_name, zero
from superpoint_ros.ros.messages.features import features_to_message, tracks_to_message
from superpoint_ros.ros.messages.point_clouds import columns_to_cloud


def features(count):
    rng = np.random.default_rng(count)
    descriptors = rng.normal(size=(count, 4)).astype(np.float32)
    return Features(
        rng.uniform(0, 60, (count, 2)).astype(np.float32), np.ones(count, np.float32), descriptors, (60, 80)
    )


MESSAGES = [
    *(features_to_message(features(count), header(7, "a" * count), "left") for count in (0, 1, 2, 5)),
    *(
        tracks_to_message(Tracker().update(features(n)), header(7, "a" * n), "b" * n, header(6).stamp)
        for n in (0, 1, 3)
    ),
    CameraInfo(header=header(7), d=[0.1, 0.2], k=list(range(9)), distortion_model="plumb_bob"),
    Image(header=header(7), height=1, width=3, encoding="mono8", step=3, data=[1, 2, 3]),
    columns_to_cloud({"x": np.arange(3.0), "y": np.arange(3.0)}, header(7)),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type_name(message).rpartition("/")[2])
def test_the_middleware_reads_the_same_message(message):
    types = typestore_with_own_messages()
    data = message_to_cdr(message, types)
    read = deserialize_message(data, type(message))
    assert str(read) == str(message)
    assert message_to_cdr(read, types) == data
    types.deserialize_cdr(data, type_name(message))


ROS1, ROS2 = get_typestore(Stores.ROS1_NOETIC), get_typestore(Stores.LATEST)


@pytest.mark.parametrize("name", sorted(ROS1.types.keys() & ROS2.types.keys()))
def test_every_type_of_ros_1_that_ros_2_has_is_converted_and_fields_that_ros_2_alone_has_are_zero(name):
    data = bytes(ROS1.serialize_ros1(zero((Nodetype.NAME, name), ROS1), name))
    written = Ros2Messages(ROS1).to_cdr(data, name)
    assert written == bytes(ROS2.serialize_cdr(zero((Nodetype.NAME, name), ROS2), name))


def test_the_values_of_a_message_with_constants_stay():
    status = ROS1.types["sensor_msgs/msg/NavSatStatus"](status=-1, service=5)
    name = "sensor_msgs/msg/NavSatStatus"
    read = ROS2.deserialize_cdr(Ros2Messages(ROS1).to_cdr(bytes(ROS1.serialize_ros1(status, name)), name), name)
    assert (read.status, read.service) == (-1, 5)


def test_a_type_that_neither_has_is_learned_and_converted():
    messages, name = Ros2Messages(get_typestore(Stores.ROS1_NOETIC)), "odd_msgs/msg/Odd"
    assert not messages.learn(name, "]]] ¿?")
    assert messages.learn(name, "int32 LIMIT=5\nint32 Number\ntime stamp\n")
    data = bytes([7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0])
    read = messages.types.deserialize_cdr(messages.to_cdr(data, name), name)
    assert (read.Number, read.stamp.sec, read.stamp.nanosec) == (7, 8, 9)
