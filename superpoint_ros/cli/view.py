"""Look at a bag: a video of images, tracks, matches and depth, a Rerun recording, and plots over time."""

from __future__ import annotations

import argparse
from pathlib import Path

from superpoint_ros.cli.arguments import add_output_argument, output_folder
from superpoint_ros.core.errors import MissingExtraError, ParameterError

OUTPUTS = ("mp4", "rrd", "plots")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sub-command."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="Rosbag: .bag, .mcap, .db3, or the folder of a rosbag2")
    parser.add_argument(
        "--write",
        nargs="+",
        choices=OUTPUTS,
        default=("mp4", "plots"),
        help="What to write: mp4, view.mp4 and a contact sheet; rrd, view.rrd, which Rerun's viewer opens; plots, "
        "track age, answers and latency over time (default: mp4 plots)",
    )
    parser.add_argument("--frames", type=int, metavar="N", help="Maximum number of moments (default: all)")
    parser.add_argument(
        "--rate", type=float, metavar="HZ", help="Images per second of the video (default: as recorded)"
    )
    parser.add_argument("--show", action="store_true", help="Also open a window, where there is a display")
    add_output_argument(parser, Path("output") / "view")


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for; return 1 where something had to be left out, which is said, else 0.

    Raises:
        ParameterError: A number of moments or a rate that is not positive.
        MissingExtraError: What reads bags, or an extra, is not installed.
        SourceError: A bag that cannot be read, or that has nothing to show.
    """
    if arguments.frames is not None and arguments.frames < 1:
        raise ParameterError(f"--frames {arguments.frames}: must be at least 1")
    if arguments.rate is not None and not 0 < arguments.rate <= 1000:
        raise ParameterError(f"--rate {arguments.rate}: must be above 0, and at most 1000")
    try:
        from superpoint_ros.cli.view_outputs import view_bag
    except ImportError as error:
        raise MissingExtraError(f"view needs rosbags and ROS's messages ({error})") from error
    return view_bag(arguments, output_folder(arguments))
