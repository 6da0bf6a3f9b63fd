"""Bytes of a bag into ROS's own messages, without losing an interruption on the way."""

from __future__ import annotations

from typing import Any

from rclpy.serialization import deserialize_message
from rosbags.interfaces import Connection

from superpoint_ros.replay.ros2_messages import Ros2Messages


def deserialize(data: bytes, kind: type) -> Any:
    """Deserialize a message (CDR).

    rclpy's C code turns an interruption within it into an error of its own (Jazzy's was seen to): of bytes that can be
    read at the second attempt nothing but that was wrong.

    Raises:
        Exception: The bytes are damaged; the middleware raises what it likes.
        KeyboardInterrupt: It was interrupted.
    """
    try:
        return deserialize_message(data, kind)
    except Exception:
        deserialize_message(data, kind)
        raise KeyboardInterrupt from None


class RecordedMessages:
    """Read the messages of a bag's connections as a node gets them; damaged ones are None.

    Args:
        migration: Makes ROS 2 messages of the bag's; None = they are that.
    """

    def __init__(self, migration: Ros2Messages | None):
        self._migration = migration

    def cdr(self, connection: Connection, data: bytes) -> bytes | None:
        """Return the bytes as ROS 2 has them."""
        if self._migration is None:
            return data
        try:
            return self._migration.to_cdr(data, connection.msgtype)
        except Exception:  # rosbags raises what it likes on damaged bytes
            return None

    def message(self, connection: Connection, cdr: bytes | None, kind: type) -> Any:
        """Return the message of the bytes that `cdr` returned; None also where it is of another type."""
        if cdr is None or connection.msgtype.rpartition("/")[2] != kind.__name__:
            return None
        try:
            return deserialize(cdr, kind)
        except Exception:  # the middleware raises what it likes on damaged bytes
            return None
