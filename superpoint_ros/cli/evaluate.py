"""Measure detectors: homography, pose, tracks, synthetic, depth."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from superpoint_ros.core.errors import MissingExtraError

if TYPE_CHECKING:
    from superpoint_ros.evaluation.datasets.sizing import ImageSize
    from superpoint_ros.evaluation.detectors.registry import DetectorOptions
    from superpoint_ros.evaluation.report.report import Report

Options = TypeVar("Options")

FILLS = ("nearest", "linear", "inverse-distance", "guided", "morphological")
DESCRIBED = ("superpoint", "rootsift", "sift", "orb")
DETECTORS_HELP = (
    "superpoint, superpoint:WEIGHTS, magicpoint, sift, rootsift, orb, akaze, fast, harris, shi, random, "
    "python:MODULE.FUNCTION (image uint8 (H, W) -> points, scores, descriptors), or all"
)


def image_size(text: str) -> ImageSize:
    """ "480x640" (height x width), "640" (the longer side at most) or "original"."""
    if text == "original":
        return None
    try:
        numbers = [int(part) for part in text.split("x")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or min(numbers) < 8:
        raise argparse.ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH, LONGEST or 'original'")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command per protocol."""
    protocols = parser.add_subparsers(dest="protocol", required=True, metavar="PROTOCOL")
    for name, (text, add, _) in PROTOCOLS.items():
        protocol = protocols.add_parser(name, help=text, description=text)
        if name != "synthetic":
            protocol.add_argument("--data", type=Path, required=True, help="the data set")
            protocol.add_argument("--layout", default="auto", help="its layout, where it is not recognised")
        protocol.add_argument(
            "--output", type=Path, default=Path("output") / f"evaluate_{name}", help="folder (%(default)s)"
        )
        protocol.add_argument("--seed", type=int, default=0, help="of everything random (%(default)s)")
        add(protocol)


def _add_detectors(parser: argparse.ArgumentParser, default: tuple[str, ...]) -> None:
    parser.add_argument(
        "--detectors", nargs="+", default=default, metavar="NAME", help=f"{DETECTORS_HELP} (%(default)s)"
    )
    parser.add_argument("--points", type=int, help="keypoints per image")
    parser.add_argument("--nms", type=int, help="radius of non-maximum suppression, pixels")
    parser.add_argument("--threshold", type=float, help="SuperPoint's least keypoint probability")
    parser.add_argument("--scales", type=float, nargs="+", help="of the image at which SuperPoint looks (default: 1)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N")


def _add_matching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--size", type=image_size, help="HEIGHTxWIDTH, LONGEST or 'original'", default=argparse.SUPPRESS
    )
    parser.add_argument("--max-descriptor-distance", type=float, help="descriptor distance at which a match is dropped")


def _add_homography(parser: argparse.ArgumentParser) -> None:
    _add_detectors(parser, DESCRIBED)
    _add_matching(parser)
    parser.add_argument(
        "--preset", choices=("vga", "paper", "full"), default="vga", help="choices at once (%(default)s)"
    )
    parser.add_argument("--ransac-threshold", type=float, help="pixels")
    parser.add_argument("--ransac-runs", type=int, help="homographies per pair, each from another order of the matches")
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="draw the matches of the first N pairs")


def _add_pose(parser: argparse.ArgumentParser) -> None:
    _add_detectors(parser, DESCRIBED)
    _add_matching(parser)
    parser.add_argument("--gaps", type=int, nargs="+", help="how many frames apart the two images of a pair are")
    parser.add_argument("--ransac-threshold", type=float, help="pixels")


def _add_tracks(parser: argparse.ArgumentParser) -> None:
    _add_detectors(parser, DESCRIBED)
    _add_matching(parser)
    parser.add_argument("--max-missed-frames", type=int, help="images that a track outlives unseen")
    parser.add_argument("--draw", type=int, default=4, metavar="N", help="draw the tracks of N images (%(default)s)")


def _add_synthetic(parser: argparse.ArgumentParser) -> None:
    _add_detectors(parser, ("magicpoint", "superpoint", "fast", "harris", "shi", "random"))
    parser.add_argument("--images", type=int, help="drawings of each of the ten kinds")


def _add_depth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--methods", nargs="+", default=FILLS, metavar="NAME", help=f"{', '.join(FILLS)}, d3, d3:WEIGHTS (%(default)s)"
    )
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="draw strips of the last method for N frames")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N")
    parser.add_argument(
        "--pattern", help="where depth is sampled: uniform, grid, orb, sift, scan_lines or given (uniform)"
    )
    parser.add_argument("--max-image-size", type=int, default=640, help="pixels, at most, of D3's input (%(default)s)")
    parser.add_argument("--fractions", type=float, nargs="+", help="shares of the pixels that are sampled")


def changed(options: Options, **values: object) -> Options:
    """Options with those values that were given (not None)."""
    return replace(options, **{name: value for name, value in values.items() if value is not None})  # type: ignore[type-var]


def _detector(options: DetectorOptions, arguments: argparse.Namespace) -> DetectorOptions:
    return changed(
        options,
        max_keypoints=arguments.points,
        nms_radius=arguments.nms,
        threshold=arguments.threshold,
        scales=arguments.scales and tuple(arguments.scales),
        device=arguments.device,
        seed=arguments.seed,
    )


def _homography(arguments: argparse.Namespace) -> Report:
    from superpoint_ros.evaluation.datasets.catalogue import HOMOGRAPHY_LAYOUTS, read_dataset
    from superpoint_ros.evaluation.homography.protocol import PRESETS
    from superpoint_ros.evaluation.homography.run import run_homography

    protocol = PRESETS[arguments.preset]
    if "size" in arguments:
        protocol = replace(protocol, detection_size=arguments.size, matching_size=arguments.size)
    protocol = changed(
        protocol,
        max_descriptor_distance=arguments.max_descriptor_distance,
        detector=_detector(protocol.detector, arguments),
        ransac=changed(protocol.ransac, threshold=arguments.ransac_threshold),
        ransac_runs=arguments.ransac_runs,
    )
    pairs = read_dataset(arguments.data, HOMOGRAPHY_LAYOUTS, arguments.layout)
    return run_homography(arguments.data.name, pairs, arguments.detectors, protocol, arguments.output, arguments.draw)


def _pose(arguments: argparse.Namespace) -> Report:
    from superpoint_ros.evaluation.datasets.catalogue import FRAME_LAYOUTS, read_dataset
    from superpoint_ros.evaluation.sequences.pose_protocol import PoseProtocol
    from superpoint_ros.evaluation.sequences.run import run_pose

    protocol = PoseProtocol(size=getattr(arguments, "size", None))
    protocol = changed(
        protocol,
        gaps=arguments.gaps and tuple(arguments.gaps),
        max_descriptor_distance=arguments.max_descriptor_distance,
        detector=_detector(protocol.detector, arguments),
        ransac=changed(protocol.ransac, threshold=arguments.ransac_threshold),
    )
    frames = read_dataset(arguments.data, FRAME_LAYOUTS, arguments.layout)
    return run_pose(arguments.data.name, frames, arguments.detectors, protocol, arguments.output)


def _tracks(arguments: argparse.Namespace) -> Report:
    from superpoint_ros.evaluation.datasets.catalogue import FRAME_LAYOUTS, read_dataset
    from superpoint_ros.evaluation.sequences.run import run_tracks
    from superpoint_ros.evaluation.sequences.tracks_protocol import TracksProtocol

    protocol = TracksProtocol(size=getattr(arguments, "size", None))
    protocol = changed(
        protocol,
        max_descriptor_distance=arguments.max_descriptor_distance,
        max_missed_frames=arguments.max_missed_frames,
        detector=_detector(protocol.detector, arguments),
    )
    frames = read_dataset(arguments.data, FRAME_LAYOUTS, arguments.layout)
    return run_tracks(arguments.data.name, frames, arguments.detectors, protocol, arguments.output, arguments.draw)


def _synthetic(arguments: argparse.Namespace) -> Report:
    from superpoint_ros.evaluation.synthetic.protocol import SyntheticProtocol
    from superpoint_ros.evaluation.synthetic.run import run_synthetic

    protocol = changed(SyntheticProtocol(), images=arguments.images, seed=arguments.seed)
    protocol = replace(protocol, detector=_detector(protocol.detector, arguments))
    return run_synthetic(arguments.detectors, protocol, arguments.output)


def _depth(arguments: argparse.Namespace) -> Report:
    from superpoint_ros.evaluation.datasets.catalogue import FRAME_LAYOUTS, read_dataset
    from superpoint_ros.evaluation.depth.methods import make_methods
    from superpoint_ros.evaluation.depth.protocol import DepthProtocol
    from superpoint_ros.evaluation.depth.run import run_depth

    protocol = changed(
        DepthProtocol(),
        pattern=arguments.pattern,
        fractions=arguments.fractions and tuple(arguments.fractions),
        seed=arguments.seed,
    )
    frames = read_dataset(arguments.data, FRAME_LAYOUTS, arguments.layout)
    methods = make_methods(arguments.methods, arguments.device, arguments.max_image_size)
    return run_depth(arguments.data.name, frames, methods, protocol, arguments.output, arguments.draw)


PROTOCOLS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], Report]]] = {
    "homography": ("repeatability, matching and homographies of image pairs", _add_homography, _homography),
    "pose": ("relative poses from essential matrices on a sequence with true poses", _add_pose, _pose),
    "tracks": ("length and accuracy of tracks through a sequence", _add_tracks, _tracks),
    "synthetic": ("corners of Synthetic Shapes, clean and with noise", _add_synthetic, _synthetic),
    "depth": ("dense depth filled in from sparse samples", _add_depth, _depth),
}


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, print the table, say where the files are.

    Raises:
        MissingExtraError: what evaluation needs beside the package's own dependencies is not installed.
    """
    for name in ("matplotlib", "scipy"):
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(f"evaluation needs {name}: pip install 'superpoint_ros[evaluation]'")
    from superpoint_ros.evaluation.report.report import format_table

    report = PROTOCOLS[arguments.protocol][2](arguments)
    print(format_table([row for row in report.summary if row.get("range", "all") == "all"]))
    print(f"\nAll choices, figures and drawings: {arguments.output}")
    return 0
