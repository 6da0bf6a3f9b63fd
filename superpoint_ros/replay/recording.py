"""Messages into a rosbag2 that any ROS 2 tool can read, written without ROS's own recorder."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

import superpoint_ros.msg
from superpoint_ros.core.errors import DatasetError, SourceError
from superpoint_ros.core.files import path_beside
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.replay.ros2_messages import type_name

PACKAGE = "superpoint_ros"
# How the hash of a definition begins, as ROS 2 writes it since Iron.
RIHS = "RIHS01_"


def typestore_with_own_messages() -> Typestore:
    """Load the types of the newest ROS 2 distribution, and this package's."""
    typestore = get_typestore(Stores.LATEST)
    for path in sorted(_definitions().glob("*.msg")):
        typestore.register(get_types_from_msg(path.read_text(), f"{PACKAGE}/msg/{path.stem}"))
    return typestore


def _check(folder: Path) -> None:
    """Refuse to replace anything but an earlier bag, whole or broken off."""
    if not folder.exists():
        return
    foreign = [path.name for path in folder.iterdir() if path.suffix not in (".mcap", ".yaml")]
    if foreign:
        raise SourceError(f"{folder}: a bag is to be written here, but '{foreign[0]}' is no part of one; move it away")


def _definitions() -> Path:
    """Find the installed .msg files; share/ lies beside the lib/ that the generated Python code is in."""
    for prefix in Path(superpoint_ros.msg.__file__).parents:
        if (folder := prefix / "share" / PACKAGE / "msg").is_dir():
            return folder
    raise DatasetError(f"no share/{PACKAGE}/msg above {superpoint_ros.msg.__file__}; is the package installed whole?")


class BagRecorder:
    """Write a new rosbag2 (MCAP) in a folder of its own, which replaces an earlier bag there once it is whole.

    Of a bag that cannot be written to its end nothing is left, and an earlier bag stays.

    Args:
        folder: Folder of the bag.
        keep_interrupted: Whether a bag that is interrupted holds what came before, as a recording does.

    Raises:
        SourceError: The folder holds other things than a bag.
    """

    def __init__(self, folder: Path, *, keep_interrupted: bool = False):
        _check(folder)
        self._keep_interrupted = keep_interrupted
        self._folder, self._beside = folder, path_beside(folder)
        shutil.rmtree(self._beside, ignore_errors=True)
        self._typestore = typestore_with_own_messages()
        # The files of a bag are named after its folder.
        self._writer = Writer(self._beside / folder.name, version=9, storage_plugin=StoragePlugin.MCAP)
        self._connections: dict[str, Any] = {}

    def __enter__(self) -> BagRecorder:
        self._beside.mkdir(parents=True)
        self._writer.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close()
            if error is None or (self._keep_interrupted and not isinstance(error, Exception)):
                shutil.rmtree(self._folder, ignore_errors=True)
                (self._beside / self._folder.name).rename(self._folder)
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)

    def write(self, topic: str, message: Any, data: bytes, received: int | None = None) -> None:
        """Write a message with a header.

        Args:
            topic: Topic that it is of.
            message: The message.
            data: Its bytes as they traveled (CDR).
            received: When it was received [ns]; None = at its own stamp.
        """
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(topic, type_name(message), typestore=self._typestore)
        # A bag has no time before the clock's epoch.
        time = max(0, nanoseconds(message.header.stamp)) if received is None else received
        self._writer.write(self._connections[topic], time, data)

    def add_topic(self, connection: Connection, types: Typestore, *, as_recorded: bool) -> None:
        """Make a topic of another bag known, so that its messages can be copied.

        Args:
            connection: What the other bag says of it.
            types: Knows its type.
            as_recorded: Whether its definition and QoS are taken over; if not, the definition is that of the type.
        """
        own: dict[str, Any] = {"typestore": types}
        if as_recorded:
            own["offered_qos_profiles"] = getattr(connection.ext, "offered_qos_profiles", ())
            if connection.msgdef.data and connection.digest.startswith(RIHS):
                own |= {"msgdef": connection.msgdef.data, "rihs01": connection.digest}
        self._connections[connection.topic] = self._writer.add_connection(connection.topic, connection.msgtype, **own)

    def copy(self, topic: str, received: int, data: bytes) -> None:
        """Write the bytes (CDR) of a message of such a topic, and when it was received [ns]."""
        self._writer.write(self._connections[topic], received, data)

    def note(self, key: str, value: str) -> None:
        """Write a word about the bag into its metadata."""
        self._writer.set_custom_data(key, value)
