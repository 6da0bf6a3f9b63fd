"""Reading of ROS parameter files, to say what is wrong with one before a node is started with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.yaml_text import parse_yaml

SECTION = "ros__parameters"


def read_parameter_file(path: Path, node: str) -> dict[str, Any]:
    """Read the parameters that a file sets for a node, by their full names.

    Args:
        path: YAML file: node name or pattern, ros__parameters, names and values.
        node: Full name of the node, namespace included: "/robot/frontend".

    Raises:
        ParameterError: There is no such file, it is not YAML, or it has no ros__parameters.
    """
    return parameters_of(node, read_sections(path))


def read_sections(path: Path) -> dict[str, dict[str, Any]]:
    """Read what a file sets, by the node name or pattern of each section, and there by full names.

    Raises:
        ParameterError: There is no such file, it is not YAML, or it has no ros__parameters.
    """
    if not path.is_file():
        raise ParameterError(f"params_file {path}: no such file")
    try:
        content = parse_yaml(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParameterError(f"params_file {path} is not YAML: {error}") from error
    sections = dict(_sections(content, "")) if isinstance(content, Mapping) else {}
    if not sections:
        raise ParameterError(f"params_file {path} has no {SECTION}")
    return {pattern: dict(_flat(section, "")) for pattern, section in sections.items()}


def parameters_of(node: str, sections: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the parameters that sections set for a node; the last one that sets a parameter holds."""
    parameters: dict[str, Any] = {}
    for pattern, section in sections.items():
        if applies(pattern, node):
            parameters |= section
    return parameters


def _sections(content: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Find the sections of a file by the node name or pattern that stands before them; namespaces may be nested."""
    for key, value in content.items():
        if key == SECTION:
            yield prefix, value or {}
        elif isinstance(value, Mapping):
            yield from _sections(value, f"{prefix}/{str(key).strip('/')}")


def applies(pattern: str, node: str) -> bool:
    """Tell whether a pattern names a node: * stands for one name, ** for any number of them, as in rcl."""
    expression = re.escape(pattern).replace(r"/\*\*", "(/[^/]+)*").replace(r"\*", "[^/]+")
    return re.fullmatch(expression, node) is not None


def _flat(section: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
