"""Bytes of a bag into ROS's own messages, without losing an interruption on the way."""

from __future__ import annotations

from typing import Any

from rclpy.serialization import deserialize_message


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
