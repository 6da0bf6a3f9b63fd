"""Sequences of recorded images: a folder, a video, a camera, a topic of a bag. What is damaged is left out and said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from superpoint_ros.cli.source import DEFAULT_RATE, Source, StampedImage
from superpoint_ros.core.errors import ImageError, MissingExtraError, SourceError
from superpoint_ros.core.image_files import IMAGE_SUFFIXES, list_image_files, read_image_file
from superpoint_ros.core.stamps import SECOND, nanoseconds

if TYPE_CHECKING:
    from superpoint_ros.replay.bag_reader import BagMessage, BagReader

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
MAX_COUNT_ERROR = 0.02  # share by which the number of frames in a video's header may be wrong


def image_folder(folder: Path) -> Source:
    """Read the images of a folder at DEFAULT_RATE, numbers in their names in numeric order."""
    if not folder.is_dir():
        raise SourceError(f"--images {folder}: no such folder")
    paths = list_image_files(folder)
    if not paths:
        raise SourceError(f"--images {folder}: no file in it ends in one of {', '.join(IMAGE_SUFFIXES)}")

    def read(source: Source) -> Iterator[StampedImage]:
        for number, path in enumerate(paths):
            try:
                image = read_image_file(path, "bgr")
            except ImageError as error:
                source.leave_out(str(error))
                continue
            yield StampedImage(image, round(number * SECOND / DEFAULT_RATE))

    source = Source(f"images of {folder}", (), len(paths))
    return replace(source, frames=read(source))


def video_file(path: Path) -> Source:
    """Read the images of a video at its own rate."""
    if not path.is_file():
        raise SourceError(f"--video {path}: no such file")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise SourceError(f"--video {path}: not a video that OpenCV can read")
    length = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def read(source: Source) -> Iterator[StampedImage]:
        found = 0
        for frame in _captured(capture):
            found += 1
            yield frame
        if length - found > 1 + MAX_COUNT_ERROR * length:
            source.leave_out(f"{path}: {found} of {length} frames can be read, it is damaged or incomplete: the rest")

    source = Source(f"video {path}", (), length if length > 0 else None)
    return replace(source, frames=read(source))


def live_camera(number: int) -> Source:
    """Read the images of a camera of this machine, without end."""
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise SourceError(f"--camera {number}: cannot be opened; is it there, and not in use by another program?")
    return Source(f"camera {number}", _captured(capture), None)


def _captured(capture: cv2.VideoCapture) -> Iterator[StampedImage]:
    rate = capture.get(cv2.CAP_PROP_FPS)
    period = SECOND / (rate if rate > 0 else DEFAULT_RATE)
    number = 0
    while (read := capture.read())[0]:
        yield StampedImage(read[1], round(number * period))
        number += 1
    capture.release()


def bag(path: Path, topic: str | None) -> Source:
    """Read the images of one topic of a rosbag1 or rosbag2, with their own stamps.

    An image without a stamp, or with one before the clock's epoch, takes the time of recording; a repeated stamp is
    increased by 1 ns, so that all differ.
    """
    try:
        from superpoint_ros.replay.bag_reader import BagReader
    except ImportError as error:
        raise MissingExtraError(f"--bag needs rosbags ({error}): pip install rosbags rosbags-image") from error

    reader = BagReader(path)
    present = reader.topics(IMAGE_TYPES)
    chosen = [name for name in present if topic in (None, name)]
    if not chosen:
        raise reader.lacks(f"image topic {topic}" if topic else "images", present or None)
    if len(chosen) > 1:
        raise SourceError(f"--bag {path}: has {len(chosen)} image topics; choose one by --topic: {', '.join(chosen)}")
    source = Source(f"{chosen[0]} of bag {path}", (), present[chosen[0]])
    return replace(source, frames=_bag_frames(reader, chosen[0], source))


def _bag_frames(reader: BagReader, topic: str, source: Source) -> Iterator[StampedImage]:
    from superpoint_ros.ros.messages.image_decoding import message_to_array

    last = -1
    with reader:
        for number, message in enumerate(_until_damage(reader, topic, source)):
            if message.content is None:
                source.leave_out(f"{topic}, message {number}: {message.problem}")
                continue
            stamp = message.content.header.stamp
            at = nanoseconds(stamp)
            at = at if at > 0 else message.received
            at = last = last + 1 if at == last else at
            try:
                image = message_to_array(message.content, "bgr8")
            except ImageError as error:
                source.leave_out(f"{topic}, message {number}: {error}")
                continue
            yield StampedImage(np.ascontiguousarray(image), at)


def _until_damage(reader: BagReader, topic: str, source: Source) -> Iterator[BagMessage]:
    try:
        yield from reader.messages([topic])
    except SourceError as error:
        source.leave_out(f"{error}: all that follows")
