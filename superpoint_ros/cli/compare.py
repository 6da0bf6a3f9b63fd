"""Compare two bags field by field: exit status 0 where they hold the same, 1 where they differ."""

from __future__ import annotations

import argparse
from pathlib import Path

MAX_SHOWN = 20


def tolerance(text: str) -> tuple[str, float]:
    """Parse "x=0.01": name of a field, or * for all, and the largest difference."""
    name, separator, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not separator or not name or not number >= 0.0:
        raise argparse.ArgumentTypeError(f"'{text}' is not FIELD=DIFFERENCE, such as x=0.01 or *=0")
    return name, number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add both bags and the tolerances."""
    parser.add_argument("first", type=Path, help="Rosbag: .bag, .mcap, .db3, or the folder of a rosbag2")
    parser.add_argument("second", type=Path, help="The other rosbag")
    parser.add_argument(
        "--tolerance",
        type=tolerance,
        action="append",
        default=[],
        metavar="FIELD=DIFFERENCE",
        help="Maximum difference of a field's numbers that counts as equal; * = all fields (default: 0)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the first differences and their number; return 0 if there are none, else 1.

    Raises:
        SourceError: A bag cannot be read.
        MissingExtraError: Package rosbags is not installed.
    """
    from superpoint_ros.core.errors import MissingExtraError

    try:
        from superpoint_ros.replay.bag_reader import BagReader
        from superpoint_ros.replay.comparison import compare_bags
    except ImportError as error:
        raise MissingExtraError(f"compare needs rosbags ({error}): pip install rosbags") from error
    count = 0
    with BagReader(arguments.first) as first, BagReader(arguments.second) as second:
        for count, found in enumerate(compare_bags(first, second, dict(arguments.tolerance)), 1):
            if count <= MAX_SHOWN:
                print(f"{found.topic}, message {found.number}: {found.text}")
    print(f"{count} differences" + (f", of which the first {MAX_SHOWN} are shown" if count > MAX_SHOWN else ""))
    return int(count > 0)
