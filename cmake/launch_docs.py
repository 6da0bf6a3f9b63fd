"""Writes the tables of launch arguments into docs/launch.md, between its markers; `--check` only compares."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

from superpoint_ros.ros.runtime.launch_arguments import LaunchArgument
from superpoint_ros.ros.runtime.launch_graph import GRAPH_ARGUMENTS

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "launch.md"
MARKERS = re.compile(r"(<!-- arguments of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def arguments(name: str) -> tuple[LaunchArgument, ...]:
    """List the arguments of a launch file, or, for "every", those that all launch files have."""
    if name == "every":
        return GRAPH_ARGUMENTS
    specification = importlib.util.spec_from_file_location(name, REPOSITORY / "launch" / f"{name}.launch.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return tuple(module.ARGUMENTS)


def table(name: str) -> str:
    """Write the table of a launch file's arguments in Markdown."""
    rows = ["| argument | meaning | default |", "|---|---|---|"]
    for argument in arguments(name):
        text = (
            argument.description.removesuffix("; empty = as in the parameter file")
            .replace("|", "\\|")
            .replace("<", "&lt;")
        )
        choices = [f"`{choice}`" for choice in argument.choices if choice]
        default = argument.default and (
            f"`config/{Path(argument.default).name}`" if "/" in argument.default else f"`{argument.default}`"
        )
        rows.append(f"| `{argument.name}` | {text}{': ' + ', '.join(choices) if choices else ''} | {default} |")
    return "\n".join(rows) + "\n"


def filled(text: str) -> str:
    """Fill the tables between the markers of a page."""
    return MARKERS.sub(lambda match: f"{match[1]}\n{table(match[2])}\n{match[3]}", text)


def main() -> int:
    """Write the page, or compare it where `--check` is given; return the exit status."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        return int(filled(text) != text)
    PAGE.write_text(filled(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
