"""`superpoint-ros parameters`: the nodes' parameters with defaults, ranges and meaning, as YAML or Markdown."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from superpoint_ros.ros.runtime.options import ParameterSchema
from superpoint_ros.ros.runtime.parameter_pages import markdown_table, yaml_text

NODES = ("frontend", "triangulate", "densify")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-command."""
    parser.add_argument("node", choices=NODES, help="name of the node")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--yaml", action="store_true", help="print a parameter file of the defaults (default)")
    kind.add_argument("--markdown", action="store_true", help="print a table for the documentation")


def schema(node: str) -> ParameterSchema[Any]:
    """Return the parameters of a node; nothing of this needs ROS."""
    found: ParameterSchema[Any] = importlib.import_module(f"superpoint_ros.ros.{node}.parameters").SCHEMA
    return found


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for."""
    described = schema(arguments.node)
    print(markdown_table(described) if arguments.markdown else yaml_text(described), end="")
    return 0
