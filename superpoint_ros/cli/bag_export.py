"""What a bag has to export: the features that a node sent, or images of which features are extracted."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superpoint_ros.cli.image_sources import IMAGE_TYPES, bag
from superpoint_ros.cli.source import Source
from superpoint_ros.core.errors import MissingExtraError, SourceError
from superpoint_ros.core.stamps import SECOND, nanoseconds

if TYPE_CHECKING:
    from superpoint_ros.core.camera import Camera
    from superpoint_ros.core.types import Features
    from superpoint_ros.evaluation.datasets.frames import Frame
    from superpoint_ros.export.content import ExportedImage
    from superpoint_ros.replay.bag_reader import BagReader

FEATURES_TYPE, CAMERA_INFO_TYPE = "superpoint_ros/msg/Features", "sensor_msgs/msg/CameraInfo"


@dataclass(frozen=True)
class ChosenTopic:
    """Hold what is read of a bag.

    Attributes:
        name: Name of the topic.
        has_features: Whether it carries Features, not images.
    """

    name: str
    has_features: bool


def add_bag_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a bag."""
    parser.add_argument(
        "--bag", type=Path, metavar="PATH", help="Rosbag to export instead of --data: .bag, .mcap, .db3, or a folder"
    )
    parser.add_argument(
        "--topic",
        help="Topic of Features or images in the bag; required if there are several; Features take precedence",
    )
    parser.add_argument(
        "--camera-info-topic",
        metavar="TOPIC",
        help="CameraInfo topic in the bag (default: camera_info beside the images; for Features, the one of their "
        "frame)",
    )
    parser.add_argument(
        "--rectified",
        action="store_true",
        help="The bag's images are free of lens distortion; Features say so themselves",
    )


def open_bag(path: Path) -> BagReader:
    """Open a bag.

    Raises:
        MissingExtraError: Package rosbags is not installed.
        SourceError: There is no such bag, or it cannot be read.
    """
    try:
        from superpoint_ros.replay.bag_reader import BagReader
    except ImportError as error:
        raise MissingExtraError(f"--bag needs rosbags ({error}): pip install rosbags rosbags-image") from error
    return BagReader(path)


def choose_topic(reader: BagReader, topic: str | None) -> ChosenTopic:
    """Choose the topic that is exported.

    Raises:
        SourceError: There is none, or more than one.
    """
    for types in ([FEATURES_TYPE], IMAGE_TYPES):
        chosen = [name for name in reader.topics(types) if topic in (None, name)]
        if len(chosen) > 1:
            raise SourceError(f"--bag {reader.path}: has {', '.join(chosen)}; choose one by --topic")
        if chosen:
            return ChosenTopic(chosen[0], types == [FEATURES_TYPE])
    what = f"Features or images on {topic}" if topic else "Features or images"
    raise reader.lacks(what, reader.topics([FEATURES_TYPE, *IMAGE_TYPES]) or None)


def recorded_images(
    reader: BagReader, topic: str, info_topic: str | None, count: int | None, source: Source
) -> tuple[list[ExportedImage], str]:
    """Read Features and the name of the model that made them; what cannot be read is left out and said.

    Args:
        reader: The bag.
        topic: Topic of the Features.
        info_topic: Topic of the calibration; None = the only one with the frame of the Features.
        count: Largest number of messages; None = all.
        source: Takes what is left out.

    Raises:
        InputError: Descriptors of two models, which do not compare.
        SourceError: No message can be read, or the topic of the calibration is not in the bag.
    """
    from superpoint_ros.export.content import ExportedImage
    from superpoint_ros.ros.messages.features import check_comparable

    read = list(_readable(reader, topic, count, source))
    if not read:
        reasons = "".join(f"; {problem}" for problem in source.problems[:1])
        raise SourceError(f"{source.name}: no message could be read from it{reasons}")
    first = read[0][0]
    info = info_topic or _info_of_frame(reader, first.header.frame_id, source)
    camera = None if info is None else recorded_camera(reader, info, rectified=first.rectified)
    images = []
    for message, features in read:
        check_comparable(first, message)
        fitted = None if camera is None else camera.fitted_to(features.image_size)
        images.append(ExportedImage(_file_name(nanoseconds(message.header.stamp)), features, fitted))
    return images, str(first.model)


def _readable(reader: BagReader, topic: str, count: int | None, source: Source) -> Iterator[tuple[Any, Features]]:
    from superpoint_ros.msg import Features as FeaturesMessage
    from superpoint_ros.replay.deserialization import deserialize
    from superpoint_ros.ros.messages.features import message_to_features

    for number, (_, _, data) in enumerate(islice(reader.records([topic]), count)):
        try:
            message = deserialize(data, FeaturesMessage)
            yield message, message_to_features(message)
        except Exception as error:  # the middleware raises what it likes on damaged bytes
            source.leave_out(f"{topic}, message {number}: {error}")


def bag_frames(
    arguments: argparse.Namespace, reader: BagReader, topic: str, folder: Path
) -> tuple[Source, Iterator[Frame]]:
    """Read the images of a topic: the source, which takes what is left out, and its frames, each written as a file.

    Raises:
        SourceError: The topic of the calibration is not in the bag.
    """
    from superpoint_ros.ros.runtime.options import camera_info_beside

    beside = camera_info_beside(topic)
    known = beside if beside in reader.topics([CAMERA_INFO_TYPE]) else None
    info = arguments.camera_info_topic or known
    camera = None if info is None else recorded_camera(reader, info, rectified=arguments.rectified)
    folder.mkdir(parents=True, exist_ok=True)
    source = bag(arguments.bag, topic)
    return source, _written_frames(source, camera, folder, arguments.frames)


def recorded_camera(reader: BagReader, topic: str, *, rectified: bool) -> Camera | None:
    """Return the camera of the first CameraInfo of a topic; None where it is uncalibrated.

    Raises:
        SourceError: The topic is not in the bag, or has no message that can be read.
    """
    from superpoint_ros.ros.messages.camera_info import camera_info_to_camera

    if reader.topics([CAMERA_INFO_TYPE]).get(topic, 0) == 0:
        raise SourceError(f"--bag {reader.path}: has no CameraInfo on {topic}")
    info = _first_info(reader, topic)
    if info is None:
        raise SourceError(f"--bag {reader.path}: no CameraInfo on {topic} can be read")
    return camera_info_to_camera(info, rectified=rectified)


def _info_of_frame(reader: BagReader, frame: str, source: Source) -> str | None:
    found = []
    for topic, count in reader.topics([CAMERA_INFO_TYPE]).items():
        info = _first_info(reader, topic)
        if count and info is None:
            source.leave_out(f"{topic}: no CameraInfo of it can be read")
        elif info is not None and info.header.frame_id == frame:
            found.append(topic)
    return found[0] if len(found) == 1 else None


def _first_info(reader: BagReader, topic: str) -> Any:
    """Return the first CameraInfo of a topic that can be read, None = none can."""
    from sensor_msgs.msg import CameraInfo

    from superpoint_ros.replay.deserialization import RecordedMessages

    messages = RecordedMessages(reader.ros2_messages())
    read = (messages.message(one, messages.cdr(one, data), CameraInfo) for one, _, data in reader.records([topic]))
    return next((info for info in read if info is not None), None)


def _written_frames(source: Source, camera: Camera | None, folder: Path, count: int | None) -> Iterator[Frame]:
    from superpoint_ros.evaluation.datasets.frames import Frame
    from superpoint_ros.evaluation.report.drawing import write_image

    for one in islice(source.frames, count):
        path = folder / _file_name(one.stamp)
        write_image(path, one.image)
        yield Frame(path.stem, one.stamp / SECOND, partial(np.asarray, one.image), camera, file=path)


def _file_name(stamp: int) -> str:
    """Name the image of a stamp [ns]; names are in the order of the stamps."""
    return f"{stamp:019d}.png"
