"""`superpoint-ros parameters`: options of the nodes and of training, with defaults, ranges and meaning."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from typing import Any

from superpoint_ros.core.options import OptionSpec, nested_specs
from superpoint_ros.ros.runtime.options import ParameterSchema
from superpoint_ros.ros.runtime.parameter_pages import (
    configuration_table,
    configuration_text,
    markdown_table,
    yaml_text,
)
from superpoint_ros.ros.runtime.program import NODES

# Training stage -> module and name of its configuration.
STAGES = {
    "magicpoint": ("superpoint_ros.training.superpoint.config", "MagicPointConfig"),
    "label": ("superpoint_ros.training.superpoint.config", "AdaptationConfig"),
    "superpoint": ("superpoint_ros.training.superpoint.config", "SuperPointConfig"),
    "depth": ("superpoint_ros.training.depth.config", "DepthConfig"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-command."""
    parser.add_argument("name", choices=[*NODES, *STAGES], help="name of a node, or of a training stage")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--yaml", action="store_true", help="print a parameter file of the defaults (default)")
    kind.add_argument("--markdown", action="store_true", help="print a table for the documentation")


def schema(node: str) -> ParameterSchema[Any]:
    """Return the parameters of a node; nothing of this needs ROS."""
    found: ParameterSchema[Any] = importlib.import_module(f"superpoint_ros.ros.{NODES[node]}.parameters").SCHEMA
    return found


def stage_specs(stage: str) -> Mapping[str, OptionSpec]:
    """Return the options of a training stage by dotted name."""
    module, name = STAGES[stage]
    return nested_specs(getattr(importlib.import_module(module), name)())


def table(name: str) -> str:
    """Write the table of a node or of a training stage."""
    return markdown_table(schema(name)) if name in NODES else configuration_table(stage_specs(name))


def yaml_file(name: str) -> str:
    """Write the parameter file of a node, or the configuration of a training stage."""
    return yaml_text(schema(name)) if name in NODES else configuration_text(name, stage_specs(name))


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for."""
    print(table(arguments.name) if arguments.markdown else yaml_file(arguments.name), end="")
    return 0
