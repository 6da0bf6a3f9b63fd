"""Options of the sub-commands that run the frontend: model, keypoints, tracker, output."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, TypeVar

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import build_options, option_specs

Options = TypeVar("Options")

NETWORK = ("weights", "model", "backend", "device")
DECODING = ("max_keypoints", "detection_threshold", "nms_radius", "scales")
TRACKER = ("max_descriptor_distance", "max_missed_frames", "max_displacement", "epipolar_threshold")


def add_frontend_arguments(parser: argparse.ArgumentParser) -> None:
    """Options with the meaning and names of the node's parameters; most keep their defaults there if not given."""
    absent = argparse.SUPPRESS
    parser.add_argument(
        "--weights", type=absolute_path, default=absent, help="a weights file (default: those that ship)"
    )
    parser.add_argument("--model", default=absent, help="a shipped model's name, or a model file")
    parser.add_argument("--backend", default=absent, help="what runs the network (default: auto)")
    parser.add_argument("--device", default=absent, help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--max-keypoints", type=int, default=500, help="per image; 0 = all (default: 500)")
    parser.add_argument("--detection-threshold", type=float, default=absent, help="least detector probability, 0 to 1")
    parser.add_argument("--nms-radius", type=int, default=absent, help="pixels between keypoints")
    parser.add_argument("--scales", type=float, nargs="+", default=absent, help="of the image (default: 1)")
    parser.add_argument(
        "--max-descriptor-distance", type=float, default=absent, help="descriptor distance of a match, up to 2"
    )
    parser.add_argument("--max-missed-frames", type=int, default=absent, help="images a track may stay unseen")
    parser.add_argument(
        "--max-displacement", type=float, default=absent, help="pixels a point may move per image; 0 = any"
    )
    parser.add_argument(
        "--epipolar-threshold", type=float, default=absent, help="pixels off the epipolar line; 0 = off"
    )
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder of the results (default: output)")


def absolute_path(path: str) -> str:
    """A path that means the same in another process's folder."""
    return str(Path(path).resolve())


def given(arguments: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the named options that the user gave."""
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def plain_options(kind: type[Options], arguments: argparse.Namespace, names: tuple[str, ...]) -> Options:
    """Build an options dataclass from those of the named options that the user gave.

    Raises:
        ParameterError: A value that is not allowed.
    """
    specs = option_specs(kind)
    return build_options(kind, {name: specs[name].from_plain(value) for name, value in given(arguments, names).items()})


def output_folder(arguments: argparse.Namespace) -> Path:
    """The folder of the results, made where it is not there.

    Raises:
        ParameterError: it cannot be made.
    """
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"--output {arguments.output}: {error.strerror}") from error
    return Path(arguments.output)
