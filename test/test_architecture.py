"""The house rules: who may import whom, empty package files, which modules need ROS."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import superpoint_ros

PACKAGE = Path(superpoint_ros.__file__).parent
PARTS = ("core", "networks", "inference", "ros", "scenes", "training", "evaluation", "cli")
ALLOWED = {
    "core": {"core"},
    "networks": {"core", "networks"},
    "inference": {"core", "networks", "inference"},
    "ros": {"core", "networks", "inference", "ros", "msg"},
    "scenes": {"core", "scenes"},
    "evaluation": {"core", "networks", "inference", "scenes", "evaluation"},
    "training": {"core", "networks", "inference", "scenes", "evaluation", "training"},
    "cli": {*PARTS, "msg"},
}
ROS_MODULES = (
    "rclpy", "launch", "launch_ros", "cv_bridge", "tf2_ros", "builtin_interfaces", "diagnostic_msgs", "geometry_msgs",
    "rcl_interfaces", "sensor_msgs", "std_msgs",
)  # fmt: skip


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(part: str) -> list[Path]:
    found = sorted((PACKAGE / part).rglob("*.py"))
    assert found, f"no files in {part}"
    return found


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_it_may(part):
    for path in files(part):
        for module in imports(path):
            if module.startswith("superpoint_ros."):
                assert module.split(".")[1] in ALLOWED[part], f"{path} imports {module}"


@pytest.mark.parametrize("part", [part for part in PARTS if part not in ("ros", "cli")])
def test_only_ros_and_cli_import_ros(part):
    for path in files(part):
        for module in imports(path):
            assert module.split(".")[0] not in ROS_MODULES, f"{path} imports {module}"


@pytest.mark.parametrize("path", files("core"), ids=lambda path: path.name)
def test_core_does_without_torch(path):
    assert not any(module.split(".")[0] == "torch" for module in imports(path))


@pytest.mark.parametrize("part", ["", *PARTS])
def test_package_files_are_empty(part):
    assert (PACKAGE / part / "__init__.py").read_text(encoding="utf-8") == ""


def test_the_imports_of_a_file_are_all_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("import rclpy.node\ndef f():\n    from superpoint_ros.ros import frontend_node\n")
    assert {"rclpy.node", "superpoint_ros.ros", "superpoint_ros.ros.frontend_node"} <= imports(path)


@pytest.mark.parametrize("part", PARTS)
def test_every_module_can_be_imported(part):
    package = importlib.import_module(f"superpoint_ros.{part}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def test_the_extractor_pulls_in_no_torch_before_a_backend_is_loaded():
    code = "import sys, superpoint_ros.inference.extractor; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, check=False).returncode == 0
