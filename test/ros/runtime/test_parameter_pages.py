"""Parameter files and tables are written from the options, and the ones in the repository are what is written."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from superpoint_ros.cli.parameters import NODES, STAGES, schema, table, yaml_file
from superpoint_ros.core.options import NO_LIMIT, nested_specs, option
from superpoint_ros.ros.runtime.options import ParameterSchema
from superpoint_ros.ros.runtime.parameter_pages import markdown_table, yaml_text
from superpoint_ros.training.config import load_config

REPOSITORY = Path(__file__).resolve().parents[3]
MARKERS = re.compile(r"<!-- parameters:(\w+) -->\n\n(.*?)\n<!-- end -->", re.DOTALL)


def flat(tree, prefix=""):
    for key, value in tree.items():
        yield from flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]


@pytest.mark.parametrize("node", NODES)
def test_the_configuration_file_is_what_the_command_writes(node):
    assert (REPOSITORY / "config" / f"{node}.yaml").read_text() == yaml_text(schema(node))


@pytest.mark.parametrize("node", NODES)
def test_the_configuration_file_holds_the_defaults_of_every_parameter_that_has_one(node):
    given = dict(flat(yaml.safe_load((REPOSITORY / "config" / f"{node}.yaml").read_text())["/**"]["ros__parameters"]))
    specs = schema(node).all_specs()
    assert given == {name: spec.to_plain(spec.default) for name, spec in specs.items()
                     if spec.to_plain(spec.default) is not None}  # fmt: skip
    assert schema(node).parse(given) == schema(node).parse({})


def test_the_tables_in_the_documentation_are_what_the_command_writes():
    found = [one for page in sorted((REPOSITORY / "docs").glob("*.md")) for one in MARKERS.findall(page.read_text())]
    assert sorted(name for name, _ in found) == sorted([*NODES, *STAGES])
    for name, text in found:
        assert text == table(name), f"superpoint-ros parameters {name} --markdown"


@pytest.mark.parametrize("stage", STAGES)
def test_the_configuration_that_the_command_writes_holds_every_default(stage, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml_file(stage))
    module, name = STAGES[stage]
    kind = getattr(importlib.import_module(module), name)
    assert load_config(kind, path) == kind()
    assert dict(flat(yaml.safe_load(path.read_text()))).keys() == nested_specs(kind()).keys()


def test_a_default_is_changed_in_one_place():
    for value in (5, 7):

        @dataclass(frozen=True)
        class Changed:
            reach: int | None = option(value, "How far.", unit="px", limits=(1, 9), none=NO_LIMIT)

        made = ParameterSchema.of("changed", Changed)
        assert made.parse({}).reach == value
        assert made.specs["reach"].to_plain(made.specs["reach"].default) == value
        assert f"\n    reach: {value}\n" in yaml_text(made)
        assert f"| `reach` * | `{value}` | between 1 and 9 px | How far. 0 = no limit. |" in markdown_table(made)


def test_the_parameters_need_no_ros():
    import subprocess
    import sys

    code = (
        "import sys; from superpoint_ros.cli.main import main; main(['parameters', 'densify', '--markdown']); "
        "sys.exit('rclpy' in sys.modules or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, markdown_table(schema("densify")))
