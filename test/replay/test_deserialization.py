from types import SimpleNamespace

import pytest
from rclpy.serialization import serialize_message
from rosbags.typesys import Stores, get_typestore
from std_msgs.msg import String

from superpoint_ros.replay import deserialization
from superpoint_ros.replay.ros2_messages import Ros2Messages

DATA = serialize_message(String(data="whole"))


def test_whole_bytes_are_read_and_damaged_ones_are_an_error():
    assert deserialization.deserialize(DATA, String).data == "whole"
    with pytest.raises(Exception, match=r"."):
        deserialization.deserialize(DATA[:6], String)


def test_an_interruption_that_comes_out_as_an_error_is_one(monkeypatch):
    real, calls = deserialization.deserialize_message, []

    def interrupted_once(data, kind):
        calls.append(data)
        if len(calls) == 1:
            raise RuntimeError("an interruption in C code")
        return real(data, kind)

    monkeypatch.setattr(deserialization, "deserialize_message", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        deserialization.deserialize(DATA, String)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("data", "msgtype", "expected"),
    [
        (DATA, "std_msgs/msg/String", "whole"),
        (DATA[:6], "std_msgs/msg/String", None),
        (DATA, "std_msgs/msg/Header", None),
    ],
)
def test_a_recorded_message_that_is_damaged_or_of_another_type_is_none(data, msgtype, expected):
    recorded, connection = deserialization.RecordedMessages(None), SimpleNamespace(msgtype=msgtype)
    cdr = recorded.cdr(connection, data)
    assert cdr == data
    assert getattr(recorded.message(connection, cdr, String), "data", None) == expected


def test_damaged_bytes_of_ros_1_are_none():
    recorded = deserialization.RecordedMessages(Ros2Messages(get_typestore(Stores.ROS1_NOETIC)))
    assert recorded.cdr(SimpleNamespace(msgtype="std_msgs/msg/String"), b"\x09\x00\x00\x00wh") is None
