"""Draw images to train on, of the package's own textures, pages and rooms."""

from __future__ import annotations

import argparse
from pathlib import Path

KINDS = ("collage", "document", "snapshot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how many, of what, how large and where to."""
    parser.add_argument("--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=int, default=1000, help="images (%(default)s)")
    parser.add_argument("--height", type=int, default=360, help="pixels (%(default)s)")
    parser.add_argument("--width", type=int, default=480, help="pixels (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed; image i depends only on it and i (%(default)s)")
    parser.add_argument(
        "--kinds",
        nargs="+",
        choices=KINDS,
        default=KINDS,
        help="kinds of images, in turn: textures on a wall, printed pages, rendered rooms and streets (%(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write 00000.png, 00001.png ...

    Raises:
        ParameterError: nothing to draw, or a folder that cannot be made.
        DatasetError: an image cannot be written.
    """
    import numpy as np
    from tqdm import tqdm

    from superpoint_ros.cli.arguments import output_folder
    from superpoint_ros.core.errors import ParameterError
    from superpoint_ros.evaluation.report.drawing import write_image
    from superpoint_ros.scenes.collage import draw_collage
    from superpoint_ros.scenes.document import draw_document
    from superpoint_ros.scenes.snapshot import draw_snapshot

    if min(arguments.count, arguments.height, arguments.width) < 1:
        raise ParameterError("--count, --height and --width must be at least 1")
    if arguments.seed < 0:
        raise ParameterError(f"--seed {arguments.seed}: must be at least 0")
    draw = {"collage": draw_collage, "document": draw_document, "snapshot": draw_snapshot}
    folder = output_folder(arguments)
    for index in tqdm(range(arguments.count), desc="drawing", unit="image"):
        kind = arguments.kinds[index % len(arguments.kinds)]
        rng = np.random.default_rng([arguments.seed, index])
        write_image(folder / f"{index:05d}.png", draw[kind](rng, (arguments.height, arguments.width)))
    print(f"{arguments.count} images in {folder}")
    return 0
