"""Messages of a rosbag1 or rosbag2 by topic, read without ROS; what is not asked for is never looked into."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.interfaces import Connection, MessageDefinitionFormat
from rosbags.rosbag1 import Reader as Reader1
from rosbags.rosbag2 import Reader as Reader2
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.files import first_bytes, lfs_hint
from superpoint_ros.replay.ros2_messages import Ros2Messages


@dataclass(frozen=True)
class BagMessage:
    """Hold one recorded message.

    Attributes:
        topic: Topic that it was recorded from.
        received: When it was recorded, nanoseconds.
        data: Its bytes as recorded.
        content: The message; None where the bytes are not of its type.
        problem: Why there is no content; "" = there is.
    """

    topic: str
    received: int
    data: bytes
    content: Any
    problem: str = ""


class BagReader:
    """Read chosen topics of a bag: .bag, .mcap, .db3, or the folder of a rosbag2.

    The types are those of ROS itself. A definition in the bag is read for a type that ROS does not have, and only where
    its messages are asked for: an unknown or damaged definition of one topic keeps no other from being read.

    Args:
        path: Path of the bag.

    Raises:
        SourceError: There is no such bag, or it cannot be read; the message names it.
    """

    def __init__(self, path: Path):
        if not path.exists():
            raise SourceError(f"'{path}': no such file or folder")
        if path.is_dir() and not (path / "metadata.yaml").exists():
            raise SourceError(
                f"'{path}': no metadata.yaml in it: not the folder of a rosbag2, or of a recording that broke off; "
                f"give the .mcap or .db3 file, or run `ros2 bag reindex {path}`"
            )
        self.path = path
        self._is_first = path.suffix == ".bag" and path.is_file()
        self._types = get_typestore(Stores.ROS1_NOETIC if self._is_first else Stores.LATEST)
        try:
            self._reader: Any = Reader1(path) if self._is_first else Reader2(path)
            self._reader.open()
        except Exception as error:  # databases and decompressors raise what they like
            files = [path, *path.glob("*")] if path.is_dir() else [path]
            hint = next(filter(None, (lfs_hint(first_bytes(one)) for one in files)), "")
            raise SourceError(f"'{path}': cannot be read{hint or f': {error or type(error).__name__}'}") from error

    def __enter__(self) -> BagReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    def topics(self, types: Collection[str]) -> dict[str, int]:
        """Count the messages of each topic of one of these types, "sensor_msgs/msg/Image" for example."""
        counts: dict[str, int] = {}
        for connection in self._reader.connections:
            if connection.msgtype in types:
                counts[connection.topic] = counts.get(connection.topic, 0) + connection.msgcount
        return dict(sorted(counts.items()))

    def all_topics(self) -> list[str]:
        """List the topics, whatever their type."""
        return sorted({connection.topic for connection in self._reader.connections})

    def lacks(self, what: str, present: Collection[str] | None = None) -> SourceError:
        """Return the error that says what is not in the bag, and which topics are.

        Args:
            what: What was looked for, in words: "images".
            present: Topics to name; None = all.
        """
        found = ", ".join(self.all_topics() if present is None else present)
        return SourceError(f"'{self.path}': has no {what}; there are {found or 'no topics'}")

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        """Read the messages of some topics, in the order in which they were recorded.

        Raises:
            SourceError: The bag is damaged; the messages before that have been given.
        """
        for connection in self.connections(topics):
            self._learn(connection)
        for connection, received, data in self.records(topics):
            yield self._message(connection, received, data)

    def connections(self, topics: Collection[str]) -> list[Connection]:
        """Return what is known of topics, their types and definitions for example."""
        return [one for one in self._reader.connections if one.topic in topics]

    def records(self, topics: Collection[str]) -> Iterator[tuple[Connection, int, bytes]]:
        """Read the messages of some topics as bytes, each with its connection and when it was recorded [ns].

        Raises:
            SourceError: The bag is damaged; the messages before that have been given.
        """
        connections = self.connections(topics)
        if not connections:
            return
        try:
            for connection, received, data in self._reader.messages(connections=connections):
                yield connection, received, bytes(data)
        except Exception as error:
            raise SourceError(f"'{self.path}' is damaged: {error or type(error).__name__}") from error

    def ros2_messages(self) -> Ros2Messages | None:
        """Return what brings the messages into ROS 2's form; None where they have it."""
        return Ros2Messages(self._types) if self._is_first else None

    def _learn(self, connection: Any) -> None:
        """Register a type that ROS does not have; without a definition its messages have no content."""
        definition = connection.msgdef
        if connection.msgtype not in self._types.types and definition.format == MessageDefinitionFormat.MSG:
            with suppress(Exception):  # the parser raises what it likes on a damaged definition
                known = self._types.types
                found = get_types_from_msg(definition.data, connection.msgtype)
                self._types.register({name: fields for name, fields in found.items() if name not in known})

    def _message(self, connection: Any, received: int, data: bytes) -> BagMessage:
        deserialize = self._types.deserialize_ros1 if self._is_first else self._types.deserialize_cdr
        try:
            return BagMessage(connection.topic, received, data, deserialize(data, connection.msgtype))
        except Exception as error:
            text = f"{len(data)} bytes are no {connection.msgtype}: {error or type(error).__name__}"
            return BagMessage(connection.topic, received, data, None, text)
