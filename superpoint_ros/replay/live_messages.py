"""The messages of a bag that nodes listen to, as ROS 2 has them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.errors import SourceError
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.deserialization import RecordedMessages
from superpoint_ros.replay.live_topics import LiveTopics


class LiveMessages:
    """Read the messages of a bag that nodes listen to.

    Args:
        reader: The open bag.
        topics: The topics of the nodes.
        frames: Largest number of images of each camera; None = all.

    Attributes:
        problems: What was left out, and why.

    Raises:
        SourceError: The bag has no messages on a topic that is needed.
    """

    def __init__(self, reader: BagReader, topics: LiveTopics, frames: int | None):
        present = reader.all_topics()
        missing = [name for name, one in topics.inputs.items() if name not in present and one.kind is not CameraInfo]
        if missing:
            raise reader.lacks(f"topic {missing[0]}")
        self.inputs = {name: one for name, one in topics.inputs.items() if name in present}
        self.problems: list[str] = []
        self._reader, self._frames, self._images = reader, frames, set(topics.images.values())
        self._recorded = RecordedMessages(reader.ros2_messages())

    @property
    def total(self) -> int:
        """Return the number of messages in the bag, however many are read."""
        return sum(connection.msgcount for connection in self._reader.connections(self.inputs))

    def calibrations(self) -> Iterator[tuple[str, bytes]]:
        """Yield the first calibration of each camera, as bytes."""
        for topic, one in self.inputs.items():
            if one.kind is CameraInfo:
                yield from ((topic, data) for _, data, _, _ in islice(self._read([topic]), 1))

    def messages(self) -> Iterator[tuple[str, bytes, Any, int]]:
        """Yield topic, bytes, message and time of recording [ns] of each message that can be read."""
        left = dict.fromkeys(self._images, self._frames) if self._frames else {}
        for topic, data, message, received in self._read(list(self.inputs)):
            if topic in left:
                if left[topic] == 0:
                    continue
                left[topic] -= 1
            yield topic, data, message, received
            if left and not any(left.values()):
                return

    def _read(self, topics: list[str]) -> Iterator[tuple[str, bytes, Any, int]]:
        try:
            for connection, received, data in self._reader.records(topics):
                kind = self.inputs[connection.topic].kind
                cdr = self._recorded.cdr(connection, data)
                message = self._recorded.message(connection, cdr, kind)
                if cdr is None or message is None:
                    text = f"{len(data)} bytes of {connection.msgtype} are no {kind.__name__}; left out"
                    self.problems.append(f"{connection.topic}: {text}")
                    continue
                yield connection.topic, cdr, message, received
        except SourceError as error:
            self.problems.append(f"{error}: all that follows is left out")
