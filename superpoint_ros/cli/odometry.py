"""Estimate the trajectory of a sequence from its tracks: visual odometry, mono or with depth."""

from __future__ import annotations

import argparse
from pathlib import Path

from superpoint_ros.cli.arguments import add_options, add_output_argument, given_options, output_folder
from superpoint_ros.cli.evaluate import add_image_size, add_methods
from superpoint_ros.cli.sequences import add_sequence_arguments, read_sequence
from superpoint_ros.evaluation.odometry.options import OdometryOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sub-command."""
    from superpoint_ros.evaluation.sequences.methods import COMPARED

    add_sequence_arguments(parser)
    add_methods(parser, COMPARED)
    add_image_size(parser)
    add_options(parser, OdometryOptions())
    add_output_argument(parser, Path("output") / "odometry")


def run(arguments: argparse.Namespace) -> int:
    """Estimate the trajectories, print the table of errors, and say where the files are."""
    options = given_options(OdometryOptions(image_size=getattr(arguments, "image_size", None)), arguments)
    from superpoint_ros.evaluation.odometry.run import run_odometry
    from superpoint_ros.evaluation.report.report import format_table

    folder = output_folder(arguments)
    report = run_odometry(*read_sequence(arguments), arguments.detectors, options, folder)
    print(format_table(report.summary))
    print(f"\nTrajectories, errors and plot: {arguments.output}")
    return 0
