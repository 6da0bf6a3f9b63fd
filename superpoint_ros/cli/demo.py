"""The demo: a sequence is played to the real nodes, frontend first, then dense depth; drawn and summed up."""

from __future__ import annotations

import argparse
from pathlib import Path

from superpoint_ros.cli.arguments import (
    DECODING,
    NETWORK,
    TRACKER,
    absolute_path,
    add_frontend_arguments,
    given,
    output_folder,
)
from superpoint_ros.cli.sources import Source, add_source_arguments, open_source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the sub-command."""
    add_source_arguments(parser)
    add_frontend_arguments(parser)
    parser.add_argument(
        "--depth-weights", type=absolute_path, help="a weights file of the densifier (default: those that ship)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo; 0 if every image was answered by both nodes, else 1."""
    from superpoint_ros.cli.node_process import private_domain
    from superpoint_ros.core.errors import MissingExtraError

    try:
        import rclpy
        import rosbags.rosbag2  # noqa: F401
    except ImportError as error:
        text = f"the demo needs ROS 2's rclpy, and rosbags from PyPI ({error}); 'superpoint-ros track' needs neither"
        raise MissingExtraError(text) from error
    source, folder = open_source(arguments), output_folder(arguments)
    with private_domain():
        rclpy.init()
        try:
            return 0 if _play(source, folder, arguments) else 1
        finally:
            rclpy.try_shutdown()


def _play(source: Source, folder: Path, arguments: argparse.Namespace) -> bool:
    """Whether every image was answered."""
    from superpoint_ros.cli.demo_depth import play_to_densifier
    from superpoint_ros.cli.demo_frontend import play_to_frontend

    record, complete = play_to_frontend(source, folder, given(arguments, NETWORK + DECODING + TRACKER))
    if source.truth is None:
        print(f"  no dense depth: depth at the keypoints is known for the rendered room only, not for {source.name}")
        return complete
    parameters = given(arguments, ("device",)) | {"weights": arguments.depth_weights or ""}
    return play_to_densifier(source, record, folder, parameters) and complete
