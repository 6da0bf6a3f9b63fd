"""Sources of images: a folder, a video, a camera, a bag, or a room rendered with exact depth and poses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from superpoint_ros.cli.image_sources import bag, image_folder, live_camera, video_file
from superpoint_ros.cli.source import DEFAULT_RATE, GroundTruth, Source, StampedImage
from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.image import fit_within, resize_image
from superpoint_ros.core.stamps import SECOND

ROOM_FRAMES, ROOM_SIZE = 60, (480, 640)
CAMERA_FRAMES = 200
MIN_IMAGE_SIZE = 32  # pixels


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `open_source` reads."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--images", type=Path, metavar="DIR", help="Image folder; images are ordered by the numbers in their names"
    )
    where.add_argument("--video", type=Path, metavar="FILE", help="Video file")
    where.add_argument("--camera", type=int, metavar="N", help="Number of a camera attached to this machine")
    where.add_argument("--bag", type=Path, metavar="PATH", help="Rosbag: .bag, .mcap, .db3, or the folder of a rosbag2")
    parser.add_argument("--topic", help="Image topic of the bag, if it has several (demo: all by default)")
    parser.add_argument(
        "--frames",
        type=int,
        metavar="N",
        help=f"Maximum number of images (default: {ROOM_FRAMES} of a room, {CAMERA_FRAMES} of a camera)",
    )
    parser.add_argument(
        "--max-image-size",
        type=int,
        default=640,
        metavar="PX",
        help="Maximum longer side; larger images are shrunk, those of demo --bag by the node (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=4, help="Seed of the rendered room, the default source (default: %(default)s)"
    )


def open_source(arguments: argparse.Namespace) -> Source:
    """Open the source that the options name, or render a room where they name none.

    Raises:
        SourceError: The source is missing, unreadable or empty, or an option does not apply to it.
    """
    check_source_arguments(arguments)
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


def check_source_arguments(arguments: argparse.Namespace) -> None:
    """Check the options that `add_source_arguments` has added.

    Raises:
        SourceError: A number is too small, or an option does not apply to the source.
    """
    _require("--frames", arguments.frames, 1)
    _require("--max-image-size", arguments.max_image_size, MIN_IMAGE_SIZE, " px")
    _require("--seed", arguments.seed, 0)
    _require("--camera", arguments.camera, 0)
    if arguments.topic and arguments.bag is None:
        raise SourceError(f"--topic {arguments.topic} applies to --bag only")


def _require(option: str, value: int | None, lowest: int, unit: str = "") -> None:
    if value is not None and value < lowest:
        raise SourceError(f"{option} {value}: must be at least {lowest}{unit}")


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
            reasons = "".join(f"; {problem}" for problem in source.problems[:1])
            raise SourceError(f"{source.name}: no image could be read from it{reasons}")

    length = source.length if frames is None or source.length is None else min(frames, source.length)
    return replace(source, frames=shrunk(), length=frames if length is None else length)


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
