"""The package's own names: what they are, what importing them costs, and the one version."""

from __future__ import annotations

import ast
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import superpoint_ros

REPOSITORY = Path(__file__).resolve().parents[1]
NAMES = [name for name in superpoint_ros.__all__ if name != "__version__"]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_imported_from_the_package(name):
    assert getattr(superpoint_ros, name).__name__ == name


def test_the_names_that_checkers_see_are_those_that_can_be_imported():
    tree = ast.parse(Path(superpoint_ros.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    typed = {alias.name: node.module.removeprefix("superpoint_ros.") for node in imports for alias in node.names}
    assert typed == superpoint_ros._MODULES
    assert sorted(typed) == NAMES


def test_importing_the_package_loads_neither_torch_nor_opencv():
    loaded = "print({'torch', 'cv2', 'numpy'} & set(sys.modules))"
    assert run(f"import sys, superpoint_ros; dir(superpoint_ros); {loaded}") == "set()"
    assert run(f"import sys; from superpoint_ros import Extractor, Densifier, Tracker; {loaded}").count("torch") == 0


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Extracter'"):
        _ = superpoint_ros.Extracter


def test_the_type_marker_is_there():
    assert (Path(superpoint_ros.__file__).parent / "py.typed").is_file()


def test_the_version_is_the_same_for_pip_and_for_ros():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = (line.split('"')[1] for line in text.splitlines() if line.startswith("version = "))
    assert ElementTree.parse(REPOSITORY / "package.xml").findtext("version") == version
    assert superpoint_ros.__version__ == version
