"""Measure detectors and dense depth: homography, pose, tracks, synthetic, depth."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from superpoint_ros.cli.arguments import add_options, at_least, given_options, output_folder
from superpoint_ros.cli.sequences import add_sequence_arguments, read_sequence
from superpoint_ros.core.errors import MissingExtraError
from superpoint_ros.evaluation.depth.options import DepthProtocol, MethodOptions
from superpoint_ros.evaluation.homography.options import PRESETS
from superpoint_ros.evaluation.sequences.options import PoseProtocol, TracksProtocol
from superpoint_ros.evaluation.synthetic.options import SyntheticProtocol

if TYPE_CHECKING:
    from superpoint_ros.evaluation.datasets.sizing import ImageSize
    from superpoint_ros.evaluation.report.report import Report

FILLS = ("nearest", "linear", "inverse-distance", "guided", "morphological")
DESCRIBED = ("superpoint", "rootsift", "sift", "orb")
CORNERS = ("magicpoint", "superpoint", "fast", "harris", "shi", "random")
DETECTORS_HELP = (
    "superpoint, superpoint_lite, superpoint:WEIGHTS, magicpoint, sift, rootsift, orb, akaze, fast, harris, shi, "
    "random, python:MODULE.FUNCTION (image uint8 (H, W) -> points, scores, descriptors), or all"
)
SEQUENCES = ("pose", "tracks")  # evaluations on a sequence, which may be rendered
MIN_SIDE = 8  # pixels


def image_size(text: str) -> ImageSize:
    """Parse "480x640" (height x width), "640" (the longer side at most) or "original"."""
    if text == "original":
        return None
    try:
        numbers = [int(part) for part in text.split("x")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or min(numbers) < MIN_SIDE:
        raise argparse.ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH, LONGEST or 'original'")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one sub-command per protocol."""
    protocols = parser.add_subparsers(dest="protocol", required=True, metavar="PROTOCOL")
    for name, command in COMMANDS.items():
        protocol = protocols.add_parser(name, help=command.help, description=command.help)
        if name in SEQUENCES:
            add_sequence_arguments(protocol)
        elif name != "synthetic":
            protocol.add_argument("--data", type=Path, required=True, help="Data set")
            protocol.add_argument(
                "--layout", default="auto", help="Layout of the data set, if it is not recognized (%(default)s)"
            )
        output = Path("output") / f"evaluate_{name}"
        protocol.add_argument("--output", type=Path, default=output, help="Folder of the results (%(default)s)")
        command.add(protocol)


def add_methods(parser: argparse.ArgumentParser, default: tuple[str, ...]) -> None:
    """Add the flag of the detectors, each with its tracker."""
    parser.add_argument(
        "--detectors",
        nargs="+",
        default=default,
        metavar="NAME",
        help=f"{DETECTORS_HELP}; with a tracker: NAME+descriptor, NAME+flow, NAME+hybrid ({' '.join(default)})",
    )


def _add_detectors(parser: argparse.ArgumentParser, default: tuple[str, ...]) -> None:
    parser.add_argument(
        "--detectors", nargs="+", default=default, metavar="NAME", help=f"{DETECTORS_HELP} ({' '.join(default)})"
    )


def add_image_size(parser: argparse.ArgumentParser) -> None:
    """Add the flag of the size of the images."""
    parser.add_argument(
        "--image-size",
        type=image_size,
        default=argparse.SUPPRESS,
        metavar="SIZE",
        help="Image size: HEIGHTxWIDTH, LONGEST (maximum longer side) or 'original'",
    )


def _add_draw(parser: argparse.ArgumentParser, default: int, text: str) -> None:
    parser.add_argument("--draw", type=at_least(0), default=default, metavar="N", help=f"{text} (%(default)s)")


def _add_homography(parser: argparse.ArgumentParser) -> None:
    _add_detectors(parser, DESCRIBED)
    add_image_size(parser)
    add_options(parser, PRESETS["vga"])
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), default="vga", help="Settings that the other options override (%(default)s)"
    )
    _add_draw(parser, 0, "Number of pairs whose matches are drawn")


def _add_pose(parser: argparse.ArgumentParser) -> None:
    add_methods(parser, DESCRIBED)
    add_image_size(parser)
    add_options(parser, PoseProtocol())


def _add_tracks(parser: argparse.ArgumentParser) -> None:
    add_methods(parser, DESCRIBED)
    add_image_size(parser)
    add_options(parser, TracksProtocol())
    _add_draw(parser, 4, "Number of images whose tracks are drawn")


def _add_synthetic(parser: argparse.ArgumentParser) -> None:
    _add_detectors(parser, CORNERS)
    add_options(parser, SyntheticProtocol())


def _add_depth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--methods",
        nargs="+",
        default=FILLS,
        metavar="NAME",
        help=f"{', '.join(FILLS)}, d3, d3:WEIGHTS ({' '.join(FILLS)})",
    )
    add_options(parser, DepthProtocol())
    add_options(parser, MethodOptions())
    _add_draw(parser, 0, "Number of frames for which strips of the last method are drawn")


def _homography(arguments: argparse.Namespace) -> Report:
    protocol = given_options(PRESETS[arguments.preset], arguments)
    if "image_size" in arguments:
        protocol = replace(protocol, detection_size=arguments.image_size, matching_size=arguments.image_size)
    from superpoint_ros.evaluation.datasets.catalog import HOMOGRAPHY_LAYOUTS, read_dataset
    from superpoint_ros.evaluation.homography.run import run_homography

    pairs = read_dataset(arguments.data, HOMOGRAPHY_LAYOUTS, arguments.layout)
    return run_homography(arguments.data.name, pairs, arguments.detectors, protocol, arguments.output, arguments.draw)


def _pose(arguments: argparse.Namespace) -> Report:
    protocol = given_options(PoseProtocol(image_size=getattr(arguments, "image_size", None)), arguments)
    from superpoint_ros.evaluation.sequences.run import run_pose

    return run_pose(*read_sequence(arguments), arguments.detectors, protocol, arguments.output)


def _tracks(arguments: argparse.Namespace) -> Report:
    protocol = given_options(TracksProtocol(image_size=getattr(arguments, "image_size", None)), arguments)
    from superpoint_ros.evaluation.sequences.run import run_tracks

    return run_tracks(*read_sequence(arguments), arguments.detectors, protocol, arguments.output, arguments.draw)


def _synthetic(arguments: argparse.Namespace) -> Report:
    protocol = given_options(SyntheticProtocol(), arguments)
    from superpoint_ros.evaluation.synthetic.run import run_synthetic

    return run_synthetic(arguments.detectors, protocol, arguments.output)


def _depth(arguments: argparse.Namespace) -> Report:
    protocol, options = given_options(DepthProtocol(), arguments), given_options(MethodOptions(), arguments)
    from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, read_dataset
    from superpoint_ros.evaluation.depth.methods import make_methods
    from superpoint_ros.evaluation.depth.run import run_depth

    frames = read_dataset(arguments.data, FRAME_LAYOUTS, arguments.layout)
    methods = make_methods(arguments.methods, options)
    return run_depth(arguments.data.name, frames, methods, protocol, arguments.output, arguments.draw)


@dataclass(frozen=True)
class Command:
    """Describe one protocol's sub-command.

    Attributes:
        help: What it measures.
        add: Adds its arguments to a parser.
        run: Evaluates what the arguments ask for.
    """

    help: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Report]


COMMANDS = {
    "homography": Command("repeatability, matching and homographies of image pairs", _add_homography, _homography),
    "pose": Command("relative poses from essential matrices on a sequence with true poses", _add_pose, _pose),
    "tracks": Command("length and accuracy of tracks through a sequence", _add_tracks, _tracks),
    "synthetic": Command("corners of Synthetic Shapes, clean and with noise", _add_synthetic, _synthetic),
    "depth": Command("dense depth from sparse samples", _add_depth, _depth),
}


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, print the table, and say where the files are.

    Raises:
        MissingExtraError: A package that evaluation needs beside the package's own dependencies is not installed.
        ParameterError: The results could not be written.
    """
    for name in ("matplotlib", "scipy"):
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(f"evaluation needs {name}: pip install 'superpoint_ros[evaluation]'")
    from superpoint_ros.evaluation.report.report import format_table

    output_folder(arguments)
    report = COMMANDS[arguments.protocol].run(arguments)
    print(format_table([row for row in report.summary if row.get("range", "all") == "all"]))
    print(f"\nProtocol, figures and drawings: {arguments.output}")
    return 0
