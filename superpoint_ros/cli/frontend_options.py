"""Options of the sub-commands that extract and track features: those of the frontend node."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

from superpoint_ros.cli.arguments import add_options, add_output_argument, given_options
from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.options import option_specs
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.inference.network_options import NetworkOptions

# The flag of the source of the images, which shrinks them before anything else.
SHRINKS = "max_image_size"


@dataclass(frozen=True)
class FrontendOptions:
    """Describe how features are extracted and tracked.

    Attributes:
        network: Which network runs, and where.
        decode: How keypoints are chosen; by default fewer than in the node, so that drawings stay legible.
        tracker: Which matches continue a track.
    """

    network: NetworkOptions = field(default_factory=NetworkOptions)
    decode: DecodeOptions = field(default_factory=lambda: DecodeOptions(max_keypoints=500))
    tracker: TrackerOptions = field(default_factory=TrackerOptions)


def add_frontend_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that `frontend_options` reads, and that of the output folder."""
    add_options(parser, FrontendOptions(), [name for name in option_specs(FrontendOptions) if name != SHRINKS])
    add_output_argument(parser)


def frontend_options(arguments: argparse.Namespace) -> FrontendOptions:
    """Return the options that were given; a path of weights means the same in another process's working directory.

    Raises:
        ParameterError: Values that are not allowed together.
    """
    given = argparse.Namespace(**{name: value for name, value in vars(arguments).items() if name != SHRINKS})
    options = given_options(FrontendOptions(), given)
    if options.network.weights is None:
        return options
    return replace(options, network=replace(options.network, weights=str(Path(options.network.weights).resolve())))
