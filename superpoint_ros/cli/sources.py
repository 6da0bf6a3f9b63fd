"""Where images come from: a folder, a video, a camera, a bag, or a room rendered with exact depth and poses."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from superpoint_ros.core.errors import ImageError, MissingExtraError, SourceError
from superpoint_ros.core.image import fit_within, resize_image
from superpoint_ros.core.image_files import IMAGE_SUFFIXES, is_image_file

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
DEFAULT_RATE = 20.0  # images per second, where the source does not say
ROOM_FRAMES, ROOM_SIZE = 60, (480, 640)
CAMERA_FRAMES = 200
LEAST_SIDE = 32  # pixels
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Frame:
    """One image: uint8 (H, W) or (H, W, 3) BGR, and its stamp in nanoseconds."""

    image: np.ndarray
    stamp: int


@dataclass(frozen=True)
class GroundTruth:
    """What is known of a rendered sequence, one entry per frame.

    Attributes:
        depths: float32 (H, W) each, metres along the optical axis.
        poses: T_world_camera (4, 4) each.
        intrinsics: (3, 3), pixels.
    """

    depths: list[np.ndarray]
    poses: np.ndarray
    intrinsics: np.ndarray


@dataclass(frozen=True)
class Source:
    """A sequence of images.

    Attributes:
        name: what it is, for people to read.
        frames: may be read once; any number of times where there is truth.
        length: how many there will be at most; None = not known.
        truth: of a rendered sequence.
    """

    name: str
    frames: Iterable[Frame]
    length: int | None
    truth: GroundTruth | None = None


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that open_source reads."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--images", type=Path, metavar="DIR", help="a folder of images, in the order of their names")
    where.add_argument("--video", type=Path, metavar="FILE", help="a video file")
    where.add_argument("--camera", type=int, metavar="N", help="a camera of this machine, by number")
    where.add_argument("--bag", type=Path, help="a rosbag: .bag, .mcap, .db3, or the folder of a rosbag2")
    parser.add_argument("--topic", help="the bag's image topic; needed where it has several")
    parser.add_argument(
        "--frames",
        type=int,
        metavar="N",
        help=f"at most this many images (default: {ROOM_FRAMES} of a room, {CAMERA_FRAMES} of a camera)",
    )
    parser.add_argument("--max-side", type=int, default=640, metavar="PX", help="shrink larger images (default: 640)")
    parser.add_argument("--seed", type=int, default=4, help="of the rendered room, the default source")


def open_source(arguments: argparse.Namespace) -> Source:
    """The source that the options ask for; a rendered room where they name none.

    Raises:
        SourceError: it is missing, unreadable or empty, or an option does not fit it.
    """
    if arguments.frames is not None and arguments.frames < 1:
        raise SourceError(f"--frames {arguments.frames}: at least one image is needed")
    if arguments.max_side < LEAST_SIDE:
        raise SourceError(f"--max-side {arguments.max_side}: at least {LEAST_SIDE} pixels are needed")
    if arguments.topic and arguments.bag is None:
        raise SourceError(f"--topic {arguments.topic} goes with --bag only")
    if arguments.images is not None:
        source = image_folder(arguments.images)
    elif arguments.video is not None:
        source = video_file(arguments.video)
    elif arguments.camera is not None:
        source = live_camera(arguments.camera)
    elif arguments.bag is not None:
        source = bag(arguments.bag, arguments.topic)
    else:
        return rendered_room(arguments.seed, arguments.frames or ROOM_FRAMES, fit_within(ROOM_SIZE, arguments.max_side))
    frames = arguments.frames or (None if arguments.camera is None else CAMERA_FRAMES)
    return _limited(source, frames, arguments.max_side)


def _limited(source: Source, frames: int | None, max_side: int) -> Source:
    """The first `frames` images, shrunk to `max_side`; an error if there is none."""

    def shrunk() -> Iterator[Frame]:
        empty = True
        for frame in islice(source.frames, frames):
            empty = False
            size = fit_within(frame.image.shape[:2], max_side)
            image = frame.image if frame.image.shape[:2] == size else resize_image(frame.image, size)
            yield Frame(image, frame.stamp)
        if empty:
            raise SourceError(f"{source.name}: no image could be read from it")

    length = source.length if frames is None or source.length is None else min(frames, source.length)
    return Source(source.name, shrunk(), frames if length is None else length)


def image_folder(folder: Path) -> Source:
    """The images of a folder, numbers in their names in the order of numbers, at DEFAULT_RATE."""
    if not folder.is_dir():
        raise SourceError(f"--images {folder}: no such folder")
    paths = sorted((path for path in folder.iterdir() if is_image_file(path)), key=_natural_order)
    if not paths:
        raise SourceError(f"--images {folder}: no file in it ends in one of {', '.join(IMAGE_SUFFIXES)}")

    def read() -> Iterator[Frame]:
        for number, path in enumerate(paths):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise SourceError(f"{path}: not an image that OpenCV can read")
            yield Frame(image, round(number * SECOND / DEFAULT_RATE))

    return Source(f"images of {folder}", read(), len(paths))


def _natural_order(path: Path) -> list[tuple[int, str]]:
    return [(int(digits or 0), other) for digits, other in re.findall(r"(\d+)|(\D+)", path.name)]


def video_file(path: Path) -> Source:
    """The images of a video, at its own rate."""
    if not path.is_file():
        raise SourceError(f"--video {path}: no such file")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise SourceError(f"--video {path}: not a video that OpenCV can read")
    length = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    return Source(f"video {path}", _captured(capture), length if length > 0 else None)


def live_camera(number: int) -> Source:
    """The images of a camera of this machine, without end."""
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise SourceError(f"--camera {number}: cannot be opened; is it there, and not in use by another program?")
    return Source(f"camera {number}", _captured(capture), None)


def _captured(capture: cv2.VideoCapture) -> Iterator[Frame]:
    rate = capture.get(cv2.CAP_PROP_FPS)
    period = SECOND / (rate if rate > 0 else DEFAULT_RATE)
    number = 0
    while (read := capture.read())[0]:
        yield Frame(read[1], round(number * period))
        number += 1
    capture.release()


def bag(path: Path, topic: str | None) -> Source:
    """The images of one topic of a rosbag1 or rosbag2, with their own stamps.

    Where a driver set no stamp, the time of recording stands for it; a stamp that repeats moves on by 1 ns, so that
    no two images have the same.
    """
    try:
        import rosbags.image  # noqa: F401
        from rosbags.highlevel import AnyReader, AnyReaderError
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise MissingExtraError(f"--bag needs rosbags ({error}): pip install rosbags rosbags-image") from error

    if not path.exists():
        raise SourceError(f"--bag {path}: no such file or folder")
    try:
        reader = AnyReader([path], default_typestore=get_typestore(Stores.LATEST))
        reader.open()
    except (AnyReaderError, AssertionError, OSError, ValueError) as error:
        raise SourceError(f"--bag {path}: cannot be read: {error}") from error
    connections = [c for c in reader.connections if c.msgtype in IMAGE_TYPES and topic in (None, c.topic)]
    topics = sorted({connection.topic for connection in connections})
    if len(topics) != 1:
        present = sorted({c.topic for c in reader.connections if c.msgtype in IMAGE_TYPES})
        wanted = f"has no image topic {topic}" if topic else f"has {len(topics)} image topics; choose one by --topic"
        raise SourceError(f"--bag {path}: {wanted}: {', '.join(present) or 'none'}")
    count = sum(connection.msgcount for connection in connections)
    return Source(f"{topics[0]} of bag {path}", _bag_frames(reader, connections), count)


def _bag_frames(reader: Any, connections: list[Any]) -> Iterator[Frame]:
    from rosbags.image import ImageError as ConversionError
    from rosbags.image import message_to_cvimage

    last = -1
    for connection, received, data in reader.messages(connections):
        message = reader.deserialize(data, connection.msgtype)
        stamp = message.header.stamp.sec * SECOND + message.header.stamp.nanosec or received
        stamp = last = last + 1 if stamp == last else stamp
        try:
            image = message_to_cvimage(message, "bgr8")
        except (ConversionError, ValueError, cv2.error) as error:
            raise ImageError(f"{connection.topic}: an image that cannot be converted: {error}") from error
        yield Frame(np.ascontiguousarray(image), stamp)
    reader.close()


def rendered_room(seed: int, frames: int, image_size: tuple[int, int]) -> Source:
    """A hand-held walk through a random room, rendered at once, with the truth about it."""
    from tqdm import tqdm

    from superpoint_ros.scenes.render import Renderer
    from superpoint_ros.scenes.room import random_room
    from superpoint_ros.scenes.trajectory import hand_held

    generator = np.random.default_rng(seed)
    room = random_room(generator)
    poses = hand_held(generator, room.size, np.arange(frames) / DEFAULT_RATE)
    height, width = image_size
    focal = 0.78 * width
    intrinsics = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    renderer = Renderer(room.scene)
    rendered = [renderer.render(pose, intrinsics, image_size) for pose in tqdm(poses, desc="render", unit="image")]
    images = [
        Frame(np.ascontiguousarray(rendering.rgb[:, :, ::-1]), round(number * SECOND / DEFAULT_RATE))
        for number, rendering in enumerate(rendered)
    ]
    truth = GroundTruth([rendering.depth for rendering in rendered], poses, intrinsics)
    return Source(f"rendered room {seed}", images, frames, truth)
