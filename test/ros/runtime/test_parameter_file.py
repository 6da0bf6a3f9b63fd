"""Which parameters of a file hold for a node, and what is said of a file that cannot be used."""

from __future__ import annotations

import pytest

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.parameter_file import read_parameter_file


def written(tmp_path, text):
    path = tmp_path / "parameters.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("pattern", ["/**", "robot/frontend", "/robot/frontend", "/robot/*", "/**/frontend", "robot"])
def test_a_section_holds_for_the_nodes_that_its_pattern_names(tmp_path, pattern):
    section = "frontend: {ros__parameters: {a: 1}}" if pattern == "robot" else "ros__parameters: {a: 1}"
    path = written(tmp_path, f"{pattern}:\n  {section}\n")
    assert read_parameter_file(path, "/robot/frontend") == {"a": 1}


@pytest.mark.parametrize("pattern", ["/other/frontend", "frontend", "triangulate", "/*", "/**/densify"])
def test_a_section_for_another_node_is_left_out(tmp_path, pattern):
    assert (
        read_parameter_file(written(tmp_path, f"{pattern}: {{ros__parameters: {{a: 1}}}}\n"), "/robot/frontend") == {}
    )


def test_nested_names_are_joined_by_dots_and_later_sections_win(tmp_path):
    text = "/**: {ros__parameters: {cameras: {names: [a]}, b: 1}}\nfrontend: {ros__parameters: {cameras.names: [c]}}\n"
    assert read_parameter_file(written(tmp_path, text), "/frontend") == {"cameras.names": ["c"], "b": 1}


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"params_file .*/none\.yaml: no such file"):
        read_parameter_file(tmp_path / "none.yaml", "/frontend")


@pytest.mark.parametrize(
    ("text", "words"), [("a: [", "is not YAML"), ("a: 1", "has no ros__parameters"), ("", "has no ros__parameters")]
)
def test_a_file_that_is_no_parameter_file_is_named(tmp_path, text, words):
    with pytest.raises(ParameterError, match=f"parameters.yaml {words}"):
        read_parameter_file(written(tmp_path, text), "/frontend")
