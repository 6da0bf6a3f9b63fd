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
PARTS = (
    "core", "networks", "inference", "ros", "replay", "scenes", "training", "evaluation", "export", "bench", "doctor",
    "cli",
)  # fmt: skip
ROOMS_OF_ROS = ("frontend", "triangulate", "densify", "bridges", "runtime", "messages")
ALLOWED = {
    "core": {"core"},
    "networks": {"core", "networks"},
    "inference": {"core", "networks", "inference"},
    "ros": {"core", "networks", "inference", "ros", "msg"},
    "replay": {"core", "networks", "inference", "ros", "replay", "msg"},
    "scenes": {"core", "scenes"},
    "evaluation": {"core", "networks", "inference", "scenes", "evaluation"},
    "training": {"core", "networks", "inference", "scenes", "evaluation", "training"},
    "export": {"core", "export"},
    "bench": {"core", "networks", "inference", "scenes", "bench"},
    "doctor": {"core", "networks", "inference", "scenes", "bench", "ros", "doctor"},
    "cli": {*PARTS, "msg"},
}
# Nodes share what is in runtime and messages, and know nothing of each other.
ALLOWED_IN_ROS = {
    "frontend": {"frontend", "runtime", "messages"},
    "triangulate": {"triangulate", "runtime", "messages"},
    "densify": {"densify", "runtime", "messages"},
    "bridges": {"bridges", "runtime", "messages"},
    "runtime": {"runtime", "messages"},
    "messages": {"messages"},
}
CORE_DEPENDENCIES = {"PIL", "cv2", "numpy", "scipy", "yaml", "superpoint_ros"}
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


@pytest.mark.parametrize("part", [part for part in PARTS if part not in ("ros", "replay", "cli")])
def test_only_ros_replay_and_cli_import_ros(part):
    for path in files(part):
        for module in imports(path):
            assert module.split(".")[0] not in ROS_MODULES, f"{path} imports {module}"


@pytest.mark.parametrize("room", ROOMS_OF_ROS)
def test_a_room_of_ros_imports_only_what_it_may(room):
    for path in files(f"ros/{room}"):
        for module in imports(path):
            if module.startswith("superpoint_ros.ros."):
                assert module.split(".")[2] in ALLOWED_IN_ROS[room], f"{path} imports {module}"


@pytest.mark.parametrize("room", ["frontend", "triangulate", "densify", "bridges", "messages"])
def test_an_algorithm_knows_no_middleware(room):
    for path in files(f"ros/{room}"):
        middleware = {"rclpy", "tf2_ros"} & {module.split(".")[0] for module in imports(path)}
        assert path.name == "node.py" or not middleware, f"{path} imports {middleware}"


def test_every_module_of_ros_is_in_a_room():
    assert {path.name for path in (PACKAGE / "ros").glob("*.py")} == {"__init__.py"}
    assert {path.parent.name for path in (PACKAGE / "ros").glob("*/__init__.py")} == set(ROOMS_OF_ROS)


@pytest.mark.parametrize("path", files("core"), ids=lambda path: path.name)
def test_core_imports_numpy_opencv_pillow_pyyaml_and_scipy_alone(path):
    foreign = {module.split(".")[0] for module in imports(path)} - set(sys.stdlib_module_names)
    assert foreign <= CORE_DEPENDENCIES, f"{path} imports {foreign - CORE_DEPENDENCIES}"


@pytest.mark.parametrize("part", PARTS)
def test_package_files_are_empty(part):
    assert (PACKAGE / part / "__init__.py").read_text(encoding="utf-8") == ""


def test_the_imports_of_a_file_are_all_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("import rclpy.node\ndef f():\n    from superpoint_ros.ros.frontend import node\n")
    assert {"rclpy.node", "superpoint_ros.ros.frontend", "superpoint_ros.ros.frontend.node"} <= imports(path)


@pytest.mark.parametrize("part", PARTS)
def test_every_module_can_be_imported(part):
    package = importlib.import_module(f"superpoint_ros.{part}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def test_the_extractor_pulls_in_no_torch_before_a_backend_is_loaded():
    code = "import sys, superpoint_ros.inference.extractor; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, check=False).returncode == 0
