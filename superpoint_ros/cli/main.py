"""The `superpoint-ros` command: a table of sub-commands, each a module with add_arguments and run."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import logging
import os
import sys
from collections.abc import Sequence

from superpoint_ros.cli.arguments import ArgumentParser
from superpoint_ros.core.errors import SuperPointRosError, describe_os_error
from superpoint_ros.core.products import keep_products_on_one_thread

# Name: what it does. Each is a module superpoint_ros/cli/<name>.py, imported only when it is called.
SUB_COMMANDS = {
    "demo": "run the ROS nodes on a rendered room, images, a video, a camera or a bag, and draw their tracks and depth",
    "track": "extract and track features of a sequence without ROS",
    "evaluate": "measure detectors and dense depth: homography, pose, tracks, synthetic, depth",
    "export": "write features and matches of a sequence or a bag for other tools: COLMAP, hloc, NumPy",
    "odometry": "estimate the trajectory of a sequence from its tracks: visual odometry, mono or with depth",
    "train": "train MagicPoint, SuperPoint or the densifier",
    "draw": "draw training images from the package's own textures and scenes",
    "label": "label images by Homographic Adaptation",
    "convert": "convert weights to .safetensors, which needs no PyTorch, or to .onnx for other tools",
    "average": "average the weights of several training runs",
    "quantize": "quantize weights to 8 bits, for CPUs",
    "bench": "measure speed: of stages by size, backend and precision, or of the node under load",
    "replay": "run the nodes over bags without ROS, and write their output to bags",
    "view": "make a video, plots or a Rerun recording of a bag: images, tracks, matches, depth",
    "compare": "compare two bags field by field, within tolerances, for regression tests",
    "doctor": "find problems of installation, CPU, ROS and its topics, and say how to fix them",
    "parameters": "print the parameters of a node with defaults, ranges and meaning, as YAML or Markdown",
    "completion": "print the completion script for bash or zsh",
}
# What commands import when they need it: the extra of this package that brings it.
EXTRAS = {
    "av": "video",
    "evo": "odometry",
    "gtsam": "odometry",
    "h5py": "evaluation",
    "lightning_fabric": "training",
    "matplotlib": "evaluation",
    "nncf": "quantization",
    "onnx": "onnxruntime",
    "tensorboard": "training",
    "torch": "torch",
}
# Exit statuses beside 0, and 1 for what was finished with something left out, which was said.
REFUSED, INTERRUPTED, BROKEN_PIPE = 2, 130, 141


def build_parser(name: str | None) -> argparse.ArgumentParser:
    """Build the command's parser.

    Args:
        name: Sub-command whose arguments are added; None = only names and help of all sub-commands.
    """
    parser = ArgumentParser(prog="superpoint-ros", description="SuperPoint as a ROS 2 visual frontend.")
    version = f"superpoint-ros {importlib.metadata.version('superpoint_ros')}"
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("--verbose", action="store_true", help="print the library's log")
    sub_parsers = parser.add_subparsers(dest="sub_command", required=True, metavar="COMMAND")
    for sub_command, text in SUB_COMMANDS.items():
        sub_parser = sub_parsers.add_parser(sub_command, help=text, description=text)
        if sub_command == name:
            module = importlib.import_module(f"superpoint_ros.cli.{sub_command}")
            module.add_arguments(sub_parser)
            sub_parser.set_defaults(run=module.run)
    return parser


def complete() -> None:
    """Answer a shell that asks how its line may go on, and end the process; see cli/completion.py."""
    import argcomplete

    words = os.environ.get("COMP_LINE", "").split()[1:]
    name = next((word for word in words if not word.startswith("-")), None)
    argcomplete.autocomplete(build_parser(name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; errors of its own, of files and of memory are printed as one line."""
    if "_ARGCOMPLETE" in os.environ:
        complete()
    keep_products_on_one_thread()
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = next((word for word in words if not word.startswith("-")), None)
    try:
        parsed = build_parser(name).parse_args(words)
        logging.basicConfig(level=logging.INFO if parsed.verbose else logging.WARNING, format="%(name)s: %(message)s")
        return int(parsed.run(parsed))
    except SuperPointRosError as error:
        return _refuse(name, str(error))
    except BrokenPipeError:
        return BROKEN_PIPE
    except OSError as error:
        return _refuse(name, describe_os_error(error))
    except MemoryError as error:
        return _refuse(name, f"not enough memory: {error}")
    except ModuleNotFoundError as error:
        from superpoint_ros.ros.runtime.missing import describe_missing_ros

        if reason := describe_missing_ros(error.name):
            return _refuse(name, reason)
        if error.name not in EXTRAS:
            raise
        extra = f"superpoint_ros[{EXTRAS[error.name]}]"
        return _refuse(name, f"needs {error.name}, which is not installed: pip install '{extra}'")
    except KeyboardInterrupt:
        return INTERRUPTED


def _refuse(name: str | None, reason: str) -> int:
    print(f"superpoint-ros {name}: {reason}", file=sys.stderr)
    return REFUSED
