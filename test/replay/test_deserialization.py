import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from superpoint_ros.replay import deserialization

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
