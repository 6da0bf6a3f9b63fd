"""What a parameter file sets for the nodes that a bag is played to; what none of them has is refused, not ignored."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.replay.offline_node import OFFLINE_NODES
from superpoint_ros.ros.bridges.parameters import SCHEMA as BRIDGE
from superpoint_ros.ros.runtime.launch_arguments import unknown_names
from superpoint_ros.ros.runtime.options import ParameterSchema
from superpoint_ros.ros.runtime.parameter_file import applies, parameters_of, read_sections

Values = dict[str, Any]

SCHEMAS: dict[str, ParameterSchema[Any]] = {name: node.schema for name, node in OFFLINE_NODES.items()} | {
    BRIDGE.node: BRIDGE
}
# Every node has these.
ROS_PARAMETERS = ("use_sim_time", "start_type_description_service")
ROS_PREFIX = "qos_overrides."
# How much alike names are of which one is taken for the other, misspelled; 1 = equal.
LIKENESS = 0.75


def read_node_parameters(path: Path | None) -> dict[str, Values]:
    """Read the parameters of each node that a bag can be played to, in the root namespace.

    A file may hold sections of other nodes, and patterns that name those too. There, names that resemble none of this
    package's are left to them. A pattern's section that holds all parameters of one node, as the files of defaults do,
    is of that node, since others may have parameters of the same name.

    Args:
        path: Parameters of the nodes, as ROS reads them; None = no parameters.

    Raises:
        ParameterError: The file cannot be read, holds nothing for any of the nodes, or sets what none of them has.
    """
    sections = {} if path is None else read_sections(path)
    given = {name: parameters_of(f"/{name}", _without_others_files(name, sections)) for name in SCHEMAS}
    for problem in (*_strange_nodes(sections), *_strange_parameters(sections, given)):
        raise ParameterError(f"params_file {path}: {problem}")
    return {name: given[name] for name in OFFLINE_NODES}


def _without_others_files(node: str, sections: Mapping[str, Values]) -> dict[str, Values]:
    """Leave out the sections of patterns that are whole files of other nodes, and not of this one."""
    whole = {pattern: _nodes_of_whole(section) if "*" in pattern else [] for pattern, section in sections.items()}
    return {pattern: section for pattern, section in sections.items() if node in (whole[pattern] or [node])}


def _nodes_of_whole(section: Values) -> list[str]:
    """List the nodes all of whose parameters with a default are set."""
    return [
        name
        for name, schema in SCHEMAS.items()
        if all(key in section for key, spec in schema.specs.items() if spec.to_plain(spec.default) is not None)
    ]


def _nodes_of(pattern: str) -> list[str]:
    return [name for name in SCHEMAS if applies(pattern, f"/{name}")]


def _strange_nodes(sections: Mapping[str, Values]) -> Iterator[str]:
    """Name the sections that seem to be meant for a node, and are for none."""
    for pattern in sections:
        near = difflib.get_close_matches(pattern.rpartition("/")[2], OFFLINE_NODES, n=1, cutoff=LIKENESS)
        if near and not _nodes_of(pattern):
            yield f"no node {pattern} is run here (did you mean /{near[0]}?)"
    if sections and not any(set(_nodes_of(pattern)) & set(OFFLINE_NODES) for pattern in sections):
        yield f"holds nothing for {', '.join(f'/{name}' for name in OFFLINE_NODES)}, but for {', '.join(sections)}"


def _strange_parameters(sections: Mapping[str, Values], given: Mapping[str, Values]) -> Iterator[str]:
    """Name the parameters that none of the nodes has that their section is for."""
    for pattern, section in sections.items():
        nodes = _nodes_of(pattern)
        known = [*ROS_PARAMETERS, *(one for name in nodes for one in _names(SCHEMAS[name], given[name]))]
        set_here = [name for name in section if not name.startswith(ROS_PREFIX)]
        meant = [name for name in set_here if not any(_is_usual(SCHEMAS[node], name, section[name]) for node in nodes)]
        if "*" in pattern:
            meant = [name for name in meant if difflib.get_close_matches(name, known, n=1, cutoff=LIKENESS)]
        if nodes and (unknown := unknown_names(meant, known)):
            yield f"{pattern}: no parameter of {' or '.join(nodes)}: {', '.join(unknown)}"


def _names(schema: ParameterSchema[Any], values: Values) -> list[str]:
    """List the parameters that a node has with these values; of those that are not allowed it will speak itself."""
    known = {}
    for name in values.keys() & schema.specs.keys():
        with suppress(ParameterError):
            known[name] = schema.specs[name].from_plain(values[name])
    return [*schema.specs, *schema.further(known)]


def _is_usual(schema: ParameterSchema[Any], name: str, value: Any) -> bool:
    """Tell whether a value is the default of a parameter that a node has by default, as a file of all defaults does."""
    spec = schema.all_specs().get(name)
    try:
        return spec is not None and bool(spec.from_plain(value) == spec.default)
    except ParameterError:
        return False
