"""The demo: a sequence, or a bag as it is, is played to the real nodes; what they answer is drawn and summarized."""

from __future__ import annotations

import _thread
import argparse
import signal
from pathlib import Path

from superpoint_ros.cli.arguments import node_parameters, output_folder
from superpoint_ros.cli.frontend_options import FrontendOptions, add_frontend_arguments, frontend_options
from superpoint_ros.cli.source import Source
from superpoint_ros.cli.sources import add_source_arguments, check_source_arguments, open_source
from superpoint_ros.core.errors import SourceError
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.runtime.stopping import StopSignals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sub-command."""
    add_source_arguments(parser)
    add_frontend_arguments(parser)
    parser.add_argument(
        "--depth-weights",
        type=Path,
        metavar="FILE",
        help="Path of a weights file for the densifier (default: the bundled weights)",
    )
    parser.add_argument(
        "--params",
        type=Path,
        metavar="FILE",
        help="ROS parameter file (YAML) of the nodes that a bag is played to; flags take precedence",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; return 0 if every image could be read and the nodes answered each, else 1.

    Raises:
        MissingExtraError: ROS 2 or rosbags is not installed.
    """
    stop = StopSignals()
    # Started in the background of a script, a program ignores SIGINT, and then nothing would interrupt it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stop.call_on_stop(_thread.interrupt_main)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return 0


def _run(arguments: argparse.Namespace) -> int:
    from superpoint_ros.core.errors import MissingExtraError

    options = frontend_options(arguments)
    check_source_arguments(arguments)
    if arguments.params is not None and arguments.bag is None:
        raise SourceError(f"--params {arguments.params} applies to --bag only")
    try:
        import rclpy
        import rosbags.rosbag2  # noqa: F401
    except ImportError as error:
        text = f"the demo needs ROS 2's rclpy, and rosbags from PyPI ({error}); 'superpoint-ros track' needs neither"
        raise MissingExtraError(text) from error
    from rclpy.signals import SignalHandlerOptions

    from superpoint_ros.cli.node_process import private_domain

    source = open_source(arguments) if arguments.bag is None else None
    folder = output_folder(arguments)
    with private_domain():
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        try:
            if source is None:
                from superpoint_ros.cli.demo_bag import play_bag

                return 0 if play_bag(arguments, folder) else 1
            return 0 if _play(source, folder, options, arguments.depth_weights) and not source.problems else 1
        finally:
            rclpy.try_shutdown()


def _play(source: Source, folder: Path, options: FrontendOptions, depth_weights: Path | None) -> bool:
    """Play the source to both nodes; tell whether every image was answered."""
    from superpoint_ros.cli.demo_depth import play_to_densifier
    from superpoint_ros.cli.demo_frontend import play_to_frontend

    record, complete = play_to_frontend(source, folder, node_parameters(options))
    if source.truth is None:
        print(f"  no dense depth: depth at the keypoints is known for the rendered room only, not for {source.name}")
        return complete
    weights = None if depth_weights is None else str(depth_weights.resolve())
    network = NetworkOptions(weights=weights, runtime=options.network.runtime)
    return play_to_densifier(source, record, folder, node_parameters(network)) and complete
