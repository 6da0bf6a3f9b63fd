"""package.xml and pyproject.toml against what the package imports, and against each other."""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "superpoint_ros"
# Import name -> rosdep key. Names that are not here are names of ROS packages.
ROSDEP_KEYS = {
    "PIL": "python3-pil",
    "argcomplete": "python3-argcomplete",
    "cv2": "python3-opencv",
    "h5py": "python3-h5py",
    "hypothesis": "python3-hypothesis",
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "pytest": "python3-pytest",
    "rosbags": "python3-rosbags-pip",
    "scipy": "python3-scipy",
    "tqdm": "python3-tqdm",
    "yaml": "python3-yaml",
}
# rosdep knows none of the first two; the others are for training, judging tracks and videos, no part of a robot.
WITHOUT_KEY = {
    "openvino",
    "safetensors",
    "av",
    "evo",
    "gtsam",
    "lightning_fabric",
    "nncf",
    "onnx",
    "onnxruntime",
    "rerun",
    "torch",
}
# Import name -> distribution on PyPI. Names that are not here are distributions of that name.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "rerun": "rerun-sdk",
    "yaml": "pyyaml",
    "lightning_fabric": "lightning-fabric",
    "rcl_interfaces": "ros-rclpy",
    "builtin_interfaces": "ros-std-msgs",
    "ament_index_python": "ros-rclpy",
}
# Only on a ROS 2 distribution; the code that imports them goes without elsewhere, or says what is missing.
NOT_ON_PYPI = {"cv_bridge", "tf2_ros", "launch", "launch_ros"}


def foreign_imports(*roots: Path) -> set[str]:
    """Collect the first part of every import that is neither Python's own nor this package's."""
    found: set[str] = set()
    for root in roots:
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"superpoint_ros"}


def manifest() -> ElementTree.Element:
    return ElementTree.parse(REPOSITORY / "package.xml").getroot()


def dependencies(*kinds: str) -> set[str]:
    return {element.text or "" for kind in kinds for element in manifest().findall(kind)}


def pyproject(*, optional: bool) -> set[str]:
    """Collect the names of the distributions that pyproject.toml asks for."""
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    project = text[text.index("\n[project]") : text.index("\n[project.scripts]")]
    required, _, extras = project.partition("[project.optional-dependencies]")
    names = re.findall(r'"([A-Za-z0-9_-]+)(?:\[[a-z,]*\])?[ <>=;"]', required[required.index("\ndependencies") :])
    return set(names) | (set(re.findall(r'"([A-Za-z0-9_-]+)[<>=]', extras)) if optional else set())


@pytest.mark.parametrize("name", sorted(foreign_imports(PACKAGE, REPOSITORY / "launch") - WITHOUT_KEY))
def test_an_import_of_the_package_is_a_dependency_for_rosdep(name):
    # The plots and the HDF5 files of `evaluate` and `train` are no part of a robot: they stand among the test's needs.
    allowed = dependencies("depend", "exec_depend") | {"python3-h5py", "python3-matplotlib"}
    assert ROSDEP_KEYS.get(name, name) in allowed


@pytest.mark.parametrize("name", sorted(foreign_imports(PACKAGE) - NOT_ON_PYPI))
def test_an_import_of_the_package_is_a_dependency_for_pip(name):
    ros = f"ros-{name.replace('_', '-')}"
    assert {DISTRIBUTIONS.get(name, name), ros} & pyproject(optional=True)


def test_nothing_is_asked_for_that_is_not_imported():
    imported = {ROSDEP_KEYS.get(name, name) for name in foreign_imports(PACKAGE, REPOSITORY / "launch")}
    assert dependencies("depend", "exec_depend") - imported == {"rosidl_default_runtime"}


def test_both_manifests_say_the_same_of_the_package():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("version", "description"):
        (said,) = re.findall(rf'^{name} = "(.*)"$', text, re.MULTILINE)
        assert (manifest().findtext(name) or "").rstrip(".") == said.rstrip(".")
