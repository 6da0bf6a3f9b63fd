"""The sequence that an evaluation works on: a data set, or a room rendered with exact depth and poses."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from superpoint_ros.cli.arguments import at_least

if TYPE_CHECKING:
    from superpoint_ros.evaluation.datasets.frames import Frame

ROOM_FRAMES, ROOM_SIZE = 60, (480, 640)


def add_sequence_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `read_sequence` reads."""
    parser.add_argument("--data", type=Path, help="Data set or image folder; default: a rendered room")
    parser.add_argument(
        "--layout", default="auto", help="Layout of the data set, if it is not recognized (%(default)s)"
    )
    parser.add_argument(
        "--frames", type=at_least(1), metavar="N", help=f"Maximum number of images (all; {ROOM_FRAMES} of a room)"
    )
    parser.add_argument(
        "--room", type=at_least(0), default=4, metavar="SEED", help="Seed of the rendered room (%(default)s)"
    )


def read_sequence(arguments: argparse.Namespace) -> tuple[str, list[Frame]]:
    """Return the name and the frames of the sequence that the options name, or of a room where they name none.

    Raises:
        DatasetError: The data set is missing or damaged.
    """
    if arguments.data is not None:
        from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, read_dataset

        frames = read_dataset(arguments.data, FRAME_LAYOUTS, arguments.layout)
        return arguments.data.name, frames[: arguments.frames]
    return f"rendered room {arguments.room}", rendered_frames(arguments.room, arguments.frames or ROOM_FRAMES)


def rendered_frames(seed: int, count: int, image_size: tuple[int, int] = ROOM_SIZE) -> list[Frame]:
    """Render a hand-held walk through a random room: frames with camera, pose and depth."""
    from superpoint_ros.cli.sources import rendered_room
    from superpoint_ros.core.camera import Camera
    from superpoint_ros.core.stamps import SECOND
    from superpoint_ros.evaluation.datasets.frames import Frame

    source = rendered_room(seed, count, image_size)
    truth = source.truth
    assert truth is not None
    camera = Camera(truth.K, np.zeros(0), image_size)
    return [
        Frame(
            f"{number:04d}",
            one.stamp / SECOND,
            partial(np.asarray, one.image),
            camera,
            pose,
            partial(np.asarray, depth),
        )
        for number, (one, pose, depth) in enumerate(zip(source.frames, truth.poses, truth.depths, strict=True))
    ]
