"""Sources of images: a folder, a video, a camera, a bag, or a room rendered with exact depth and poses."""

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
MIN_IMAGE_SIZE = 32  # pixels
SECOND = 1_000_000_000


@dataclass(frozen=True)
class StampedImage:
    """Hold one image, uint8 (H, W) or (H, W, 3) BGR, and its stamp in nanoseconds."""

    image: np.ndarray
    stamp: int


@dataclass(frozen=True)
class GroundTruth:
    """Hold what is known of a rendered sequence, one entry per frame.

    Attributes:
        depths: Depth along the optical axis, float32 (H, W) each, metres.
        poses: T_world_camera (4, 4) each, metres.
        K: Intrinsics (3, 3), pixels.
    """

    depths: list[np.ndarray]
    poses: np.ndarray
    K: np.ndarray


@dataclass(frozen=True)
class Source:
    """Hold a sequence of images.

    Attributes:
        name: Description for people to read.
        frames: The images; may be read once, or any number of times where there is ground truth.
        length: Largest number of images; None = unknown.
        truth: Ground truth of a rendered sequence; None for all others.
    """

    name: str
    frames: Iterable[StampedImage]
    length: int | None
    truth: GroundTruth | None = None


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `open_source` reads."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--images", type=Path, metavar="DIR", help="Folder of images, in the order of the numbers in their names"
    )
    where.add_argument("--video", type=Path, metavar="FILE", help="Video file")
    where.add_argument("--camera", type=int, metavar="N", help="Number of a camera of this machine")
    where.add_argument("--bag", type=Path, metavar="PATH", help="Rosbag: .bag, .mcap, .db3, or the folder of a rosbag2")
    parser.add_argument("--topic", help="Image topic of the bag; needed where it has several")
    parser.add_argument(
        "--frames",
        type=int,
        metavar="N",
        help=f"Largest number of images (default: {ROOM_FRAMES} of a room, {CAMERA_FRAMES} of a camera)",
    )
    parser.add_argument(
        "--max-image-size",
        type=int,
        default=640,
        metavar="PX",
        help="Largest longer side; larger images are shrunk (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=4, help="Seed of the rendered room, the default source (default: %(default)s)"
    )


def open_source(arguments: argparse.Namespace) -> Source:
    """Open the source that the options name, or render a room where they name none.

    Raises:
        SourceError: The source is missing, unreadable or empty, or an option does not apply to it.
    """
    if arguments.frames is not None and arguments.frames < 1:
        raise SourceError(f"--frames {arguments.frames}: must be at least 1")
    if arguments.max_image_size < MIN_IMAGE_SIZE:
        raise SourceError(f"--max-image-size {arguments.max_image_size}: must be at least {MIN_IMAGE_SIZE} px")
    if arguments.topic and arguments.bag is None:
        raise SourceError(f"--topic {arguments.topic} applies to --bag only")
    if arguments.images is not None:
        source = image_folder(arguments.images)
    elif arguments.video is not None:
        source = video_file(arguments.video)
    elif arguments.camera is not None:
        source = live_camera(arguments.camera)
    elif arguments.bag is not None:
        source = bag(arguments.bag, arguments.topic)
    else:
        return rendered_room(
            arguments.seed, arguments.frames or ROOM_FRAMES, fit_within(ROOM_SIZE, arguments.max_image_size)
        )
    frames = arguments.frames or (None if arguments.camera is None else CAMERA_FRAMES)
    return _limited(source, frames, arguments.max_image_size)


def _limited(source: Source, frames: int | None, max_image_size: int) -> Source:
    """Return the first `frames` images, shrunk to `max_image_size`; reading them fails if there is none."""

    def shrunk() -> Iterator[StampedImage]:
        empty = True
        for frame in islice(source.frames, frames):
            empty = False
            size = fit_within(frame.image.shape[:2], max_image_size)
            image = frame.image if frame.image.shape[:2] == size else resize_image(frame.image, size)
            yield StampedImage(image, frame.stamp)
        if empty:
            raise SourceError(f"{source.name}: no image could be read from it")

    length = source.length if frames is None or source.length is None else min(frames, source.length)
    return Source(source.name, shrunk(), frames if length is None else length)


def image_folder(folder: Path) -> Source:
    """Read the images of a folder at DEFAULT_RATE, numbers in their names in numeric order."""
    if not folder.is_dir():
        raise SourceError(f"--images {folder}: no such folder")
    paths = sorted((path for path in folder.iterdir() if is_image_file(path)), key=_natural_order)
    if not paths:
        raise SourceError(f"--images {folder}: no file in it ends in one of {', '.join(IMAGE_SUFFIXES)}")

    def read() -> Iterator[StampedImage]:
        for number, path in enumerate(paths):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise SourceError(f"{path}: not an image that OpenCV can read")
            yield StampedImage(image, round(number * SECOND / DEFAULT_RATE))

    return Source(f"images of {folder}", read(), len(paths))


def _natural_order(path: Path) -> list[tuple[int, str]]:
    return [(int(digits or 0), other) for digits, other in re.findall(r"(\d+)|(\D+)", path.name)]


def video_file(path: Path) -> Source:
    """Read the images of a video at its own rate."""
    if not path.is_file():
        raise SourceError(f"--video {path}: no such file")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise SourceError(f"--video {path}: not a video that OpenCV can read")
    length = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    return Source(f"video {path}", _captured(capture), length if length > 0 else None)


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

    An image without a stamp takes the time of recording; a repeated stamp is increased by 1 ns, so that all differ.
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


def _bag_frames(reader: Any, connections: list[Any]) -> Iterator[StampedImage]:
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
        yield StampedImage(np.ascontiguousarray(image), stamp)
    reader.close()


def rendered_room(seed: int, frames: int, image_size: tuple[int, int]) -> Source:
    """Render a hand-held walk through a random room, with its ground truth."""
    from tqdm import tqdm

    from superpoint_ros.scenes.render import Renderer
    from superpoint_ros.scenes.room import random_room
    from superpoint_ros.scenes.trajectory import hand_held

    rng = np.random.default_rng(seed)
    room = random_room(rng)
    poses = hand_held(rng, room.size, np.arange(frames) / DEFAULT_RATE)
    height, width = image_size
    focal = 0.78 * width
    K = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    renderer = Renderer(room.scene)
    rendered = [renderer.render(pose, K, image_size) for pose in tqdm(poses, desc="render", unit="image")]
    images = [
        StampedImage(np.ascontiguousarray(rendering.rgb[:, :, ::-1]), round(number * SECOND / DEFAULT_RATE))
        for number, rendering in enumerate(rendered)
    ]
    truth = GroundTruth([rendering.depth for rendering in rendered], poses, K)
    return Source(f"rendered room {seed}", images, frames, truth)
