"""Where PyPI has no ROS 2 packages (ARM, macOS, Python to come), pip installs what runs without ROS."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from itertools import product
from pathlib import Path

import pytest
from helpers.environment import Environment

pytest.importorskip("scikit_build_core", reason="the extra [test] brings scikit-build-core")

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from scikit_build_core._compat import tomllib

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = [Requirement(text) for text in PROJECT["build-system"]["requires"] + PROJECT["project"]["dependencies"]]
BUILD_ON_ARM = """
import platform, sys
platform.machine = lambda: "aarch64"
from scikit_build_core.build import build_wheel, get_requires_for_build_wheel
assert get_requires_for_build_wheel() == [], "neither CMake nor a compiler is needed"
build_wheel(sys.argv[1])
"""
ROS = ("rclpy", "sensor_msgs", "std_msgs", "builtin_interfaces", "superpoint_ros", "__editable__")
API = """
import numpy as np
from superpoint_ros import Densifier, Extractor
image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
assert len(Extractor().extract(image)) > 0
sparse = np.full((96, 128), np.nan, np.float32)
sparse[::16, ::16] = 2.0
assert np.isfinite(Densifier().densify(image, sparse).depth).all()
"""
MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="module")
def arm(tmp_path_factory) -> Environment:
    """An environment without ROS, with the wheel that is built on ARM."""
    folder = tmp_path_factory.mktemp("arm")
    command = [sys.executable, "-c", BUILD_ON_ARM, str(folder)]
    built = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    zipfile.ZipFile(wheel).extractall(folder / "wheel")
    environment = Environment(folder / "venv", ROS)
    environment.variables["PYTHONPATH"] = str(folder / "wheel")
    return environment


def is_overridden(system: str, machine: str, python: str) -> bool:
    """Say whether pyproject.toml leaves messages and nodes out there."""
    (override,) = PROJECT["tool"]["scikit-build"]["overrides"]
    conditions = override["if"]["any"]
    return bool(
        re.search(conditions["platform-system"], system)
        or re.search(conditions["platform-machine"], machine)
        or SpecifierSet(conditions["python-version"]).contains(python)
    )


@pytest.mark.parametrize(
    ("system", "machine", "python"),
    product(["linux", "darwin", "win32"], ["x86_64", "aarch64", "armv7l", "AMD64"], ["3.10", "3.14", "3.15"]),
)
def test_ros_packages_are_asked_for_where_the_messages_are_built(system, machine, python):
    where = {"sys_platform": system, "platform_machine": machine, "python_version": python}
    asked = [
        requirement.name
        for requirement in REQUIREMENTS
        if requirement.marker is None or Marker(str(requirement.marker)).evaluate(where)
    ]
    ros = [name for name in asked if name.startswith("ros-")]
    assert bool(ros) != is_overridden(system, machine, python)
    assert is_overridden(system, machine, python) == ((system, machine) != ("linux", "x86_64") or python == "3.15")
    assert {"scikit-build-core", "openvino", "opencv-python-headless"} <= set(asked)


def test_the_python_interface_runs(arm):
    done = arm.run("-c", API)
    assert done.returncode == 0, done.stderr


def test_a_node_says_what_is_missing(arm):
    done = arm.run("-m", "superpoint_ros.ros.runtime.program", "frontend")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("frontend: needs ROS 2 (this Python has no module ")


def test_a_command_that_needs_ros_says_what_is_missing(arm, tmp_path):
    done = arm.run("-c", MAIN, "bench", "--node")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("superpoint-ros bench: needs ROS 2")


def test_the_doctor_says_that_nodes_do_not_run(arm):
    done = arm.run("-c", MAIN, "doctor", "--json", "--no-runs")
    found = {one["subject"]: one for one in json.loads(done.stdout)["findings"]}
    assert (done.returncode, found["ROS"]["level"]) == (0, "WARN")
    assert "no node runs" in found["ROS"]["text"]
    assert found["weights"]["level"] == "OK"
