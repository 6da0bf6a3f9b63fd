"""Options as files that people read: commented YAML, and tables of the documentation."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from superpoint_ros.core.options import OptionSpec
from superpoint_ros.ros.runtime.options import ParameterSchema

WIDTH = 110
HEADER = """\
# Parameters of the {node} node with their defaults.
# Written by: superpoint-ros parameters {node} --yaml
/**:
  ros__parameters:
"""
CHANGEABLE = "# These can be changed while the node runs."


def yaml_text(schema: ParameterSchema[Any]) -> str:
    """Write the parameter file that holds the defaults of a node."""
    specs = schema.all_specs()
    fixed = {name: spec for name, spec in specs.items() if spec.fixed}
    live = {name: spec for name, spec in specs.items() if not spec.fixed}
    lines = [*_tree_lines(_tree(fixed), 4), "", f"    {CHANGEABLE}", *_tree_lines(_tree(live), 4)]
    return HEADER.format(node=schema.node) + "\n".join(lines) + "\n"


def markdown_table(schema: ParameterSchema[Any]) -> str:
    """Write the table of a node's parameters; `*` marks those that can be changed while it runs."""
    return _table(schema.all_specs(), mark=" *")


def configuration_text(stage: str, specs: Mapping[str, OptionSpec]) -> str:
    """Write the configuration file that holds the defaults of a training stage."""
    header = (
        f"# Configuration of '{stage}' with its defaults.\n# Written by: superpoint-ros parameters {stage} --yaml\n"
    )
    return header + "\n".join(_tree_lines(_tree(specs), 0)) + "\n"


def configuration_table(specs: Mapping[str, OptionSpec]) -> str:
    """Write the table of a training stage's options."""
    return _table(specs, mark="")


def _table(specs: Mapping[str, OptionSpec], mark: str) -> str:
    """Write a table of options; the mark follows those that can be changed while a node runs."""
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    for name, spec in specs.items():
        shown = name.replace("cameras.camera.", "cameras.&lt;name>.") + ("" if spec.fixed else mark)
        default = "not set" if plain(spec) is None else f"`{written(plain(spec))}`"
        meaning = _escaped(spec.description + (f" {_none_words(spec)}" if spec.none else ""))
        rows.append(f"| {shown.replace(name, f'`{name}`')} | {default} | {_escaped(_allowed(spec))} | {meaning} |")
    return "\n".join(rows) + "\n"


def plain(spec: OptionSpec) -> Any:
    """Return the default as ROS holds it; None where the parameter is not set."""
    return spec.to_plain(spec.default)


def written(value: Any) -> str:
    """Write a value as YAML that ROS reads with the same type."""
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str):
        return value if value.replace("/", "").replace("_", "").isalpha() else json.dumps(value)
    return json.dumps(value)


def _tree(specs: Mapping[str, OptionSpec]) -> dict[str, Any]:
    """Nest names with dots."""
    tree: dict[str, Any] = {}
    for name, spec in specs.items():
        *folders, leaf = name.split(".")
        branch = tree
        for folder in folders:
            branch = branch.setdefault(folder, {})
        branch[leaf] = spec
    return tree


def _tree_lines(tree: Mapping[str, Any], indent: int) -> Iterator[str]:
    blank = " " * indent
    for name, one in tree.items():
        if isinstance(one, dict):
            yield f"{blank}{name}:"
            yield from _tree_lines(one, indent + 2)
            continue
        for line in textwrap.wrap(_comment(one), WIDTH - indent):
            yield f"{blank}# {line}"
        value = plain(one)
        yield f"{blank}# {name}: not set" if value is None else f"{blank}{name}: {written(value)}"


def _comment(spec: OptionSpec) -> str:
    unit = f"[{spec.unit}] " if spec.unit else ""
    allowed = f" Allowed: {_allowed(spec)}." if _allowed(spec) else ""
    return f"{unit}{spec.description}{f' {_none_words(spec)}' if spec.none else ''}{allowed}"


def _none_words(spec: OptionSpec) -> str:
    assert spec.none is not None
    value = spec.to_plain(None)
    return f"Not set = {spec.none.words}." if value is None else f"{written(value)} = {spec.none.words}."


def _allowed(spec: OptionSpec) -> str:
    if spec.choices:
        return ", ".join(spec.choices)
    return spec.allowed


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
