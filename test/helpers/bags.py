"""Small bags of every kind, with images that a test knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import Stores, get_typestore

from superpoint_ros.replay.recording import BagRecorder, typestore_with_own_messages
from superpoint_ros.replay.ros2_messages import message_to_cdr


def picture(seed: int, size: tuple[int, int] = (24, 32)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def raw_content(number: int) -> dict[str, Any]:
    """The fields of picture(number) as an Image, without its header."""
    data = picture(number).ravel()
    return {"height": 24, "width": 32, "encoding": "bgr8", "is_bigendian": 0, "step": 96, "data": data}


def compressed_content(number: int) -> dict[str, Any]:
    """The fields of picture(number) as a CompressedImage in png, without its header."""
    return {"format": "png", "data": cv2.imencode(".png", picture(number))[1].ravel()}


def write_images_bag(
    path: Path,
    kind: str,
    *,
    topics: Sequence[str] = ("/camera/image_raw",),
    compressed: bool = False,
    count: int = 3,
    stamps: Sequence[tuple[int, int]] | None = None,
    fields: Mapping[str, Any] | None = None,
    prepare: Callable[[Any], None] | None = None,
    cut: Mapping[int, int] | None = None,
) -> Path:
    """Write a bag.

    Args:
        path: Path of the bag.
        kind: "ros1", "SQLITE3" or "MCAP".
        topics: Topics, each with the same images.
        compressed: Whether the images are png.
        count: Number of images; image n is picture(n), unless `fields` says otherwise.
        stamps: (seconds, nanoseconds) of each; None = 5 s and n ns.
        fields: Fields of every Image, in place of those of a picture.
        prepare: Called with the open writer first.
        cut: Number of bytes that are left, by the number of the image.
    """
    store = get_typestore(Stores.ROS1_NOETIC if kind == "ros1" else Stores.ROS2_JAZZY)
    serialize = store.serialize_ros1 if kind == "ros1" else store.serialize_cdr
    writer = Writer1(path) if kind == "ros1" else Writer2(path, version=9, storage_plugin=StoragePlugin[kind])
    name = "sensor_msgs/msg/CompressedImage" if compressed else "sensor_msgs/msg/Image"
    with writer:
        if prepare:
            prepare(writer)
        connections = [writer.add_connection(topic, name, typestore=store) for topic in topics]
        for number in range(count):
            sec, nanosec = stamps[number] if stamps else (5, number)
            stamp = store.types["builtin_interfaces/msg/Time"](sec=sec, nanosec=nanosec)
            header = store.types["std_msgs/msg/Header"](
                stamp=stamp, frame_id="optical", **({"seq": 0} if kind == "ros1" else {})
            )
            content = compressed_content(number) if compressed else raw_content(number) | dict(fields or {})
            data = bytes(serialize(store.types[name](header, **content), name))[: (cut or {}).get(number)]
            for connection in connections:
                writer.write(connection, 1000 + number, data)
    return path


def write_messages_bag(path: Path, messages: Sequence[tuple[str, Any]], damaged: Collection[int] = ()) -> Path:
    """Write a rosbag2 of topics and messages with headers, each recorded at its own stamp; some are cut short."""
    types = typestore_with_own_messages()
    with BagRecorder(path) as bag:
        for number, (topic, message) in enumerate(messages):
            data = message_to_cdr(message, types)
            bag.write(topic, message, data[: len(data) // 2] if number in damaged else data)
    return path
