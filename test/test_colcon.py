"""`colcon build` of this very tree, with the PyPI packages as underlay: `make colcon` installs what it needs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.seeded import seeded_weights_file

REPOSITORY = Path(__file__).resolve().parents[1]
COLCON = Path(sys.prefix) / "bin" / "colcon"
TREE = ("CMakeLists.txt", "benchmarks", "cmake", "config", "launch", "msg", "package.xml", "pyproject.toml", "scripts")
TREE += ("setup.py", "superpoint_ros", "test", "docs", "README.md", "CONTRIBUTING.md", "QUALITY_DECLARATION.md")
TREE += ("Makefile",)

pytestmark = [
    pytest.mark.skipif(
        not COLCON.exists() or importlib.util.find_spec("ament_package") is None,
        reason="colcon and the ROS build packages are not in this environment; `make colcon` brings them",
    ),
    pytest.mark.skipif("COLCON" in os.environ, reason="colcon itself runs the suite"),
]


def workspace(folder: Path) -> Path:
    source = folder / "src" / "superpoint_ros"
    source.mkdir(parents=True)
    for name in TREE:
        path = REPOSITORY / name
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, source / name)
    return folder


def run(folder: Path, script: str, **options) -> subprocess.CompletedProcess[str]:
    prefix = sys.prefix
    environment = os.environ | {"AMENT_PREFIX_PATH": prefix, "CMAKE_PREFIX_PATH": prefix, "ROS_DOMAIN_ID": "87"}
    environment["PATH"] = f"{prefix}/bin:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, **options
    )


@pytest.mark.parametrize("option", ["", "--symlink-install"])
def test_the_workspace_builds_and_its_node_runs(tmp_path, option):
    folder = workspace(tmp_path / "workspace")
    built = run(folder, f"colcon build {option}")
    assert built.returncode == 0, built.stdout + built.stderr
    where = "import superpoint_ros.core.types as t, superpoint_ros.msg as m; print(t.__file__); print(m.__file__)"
    imported = run(folder, f'source install/setup.bash && python -c "{where}"')
    assert imported.returncode == 0, imported.stderr
    assert all(line.startswith(str(folder / "install")) for line in imported.stdout.split())
    names = "import superpoint_ros; print(superpoint_ros.__version__, superpoint_ros.Features.__name__)"
    for again in ("true", f"colcon build {option}"):  # every build installs the generator's empty package file as well
        front = run(folder, f'{again} > /dev/null && source install/setup.bash && python -c "{names}"')
        assert front.stdout.split() == ["0.1.0", "Features"], front.stderr
    share = folder / "install" / "superpoint_ros" / "share" / "superpoint_ros"
    assert {"frontend.launch.py"} <= {path.name for path in (share / "launch").iterdir()}
    assert {"frontend.yaml"} <= {path.name for path in (share / "config").iterdir()}
    assert_the_command_runs(folder)
    assert_the_node_starts_and_stops(folder, seeded_weights_file(tmp_path))


def assert_the_command_runs(folder: Path) -> None:
    """`ros2 run superpoint_ros superpoint-ros` starts this program, as it does any file in that folder."""
    command = "source install/setup.bash && install/superpoint_ros/lib/superpoint_ros/superpoint-ros"
    version = run(folder, f"{command} --version")
    assert (version.stdout, version.returncode) == ("superpoint-ros 0.1.0\n", 0), version.stderr
    doctor = run(folder, f"{command} doctor --no-topics")  # starts processes that import the program anew
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert str(folder / "install") in doctor.stdout.replace("\n       ", "")
    assert "OK     ROS: rclpy" in doctor.stdout


def test_colcon_test_runs_the_suite(tmp_path):
    folder = workspace(tmp_path / "workspace")
    built = run(folder, "colcon build")
    assert built.returncode == 0, built.stdout + built.stderr
    # A part of the suite is enough to see that it is found, runs on the built package, and that its result counts.
    (folder / "src" / "superpoint_ros" / "test" / "core" / "test_fails.py").write_text("def test_options(): assert 0\n")
    for selected, status in (("test_options and not test_fails", 0), ("test_fails", 1)):
        script = f"PYTEST_ADDOPTS='-k \"{selected}\"' colcon test --ctest-args -R '^core$'"
        tested = run(folder, f"{script} && colcon test-result --verbose")
        assert tested.returncode == status, tested.stdout + tested.stderr
        assert "0 errors" in tested.stdout, tested.stdout + tested.stderr
        assert ("test_fails" in tested.stdout) == bool(status), tested.stdout


def assert_the_node_starts_and_stops(folder: Path, weights: Path) -> None:
    node = "install/superpoint_ros/lib/superpoint_ros/frontend_node"
    log = folder / "node.log"
    script = f"source install/setup.bash && exec {node} --ros-args -p weights:={weights} > {log} 2>&1"
    environment = os.environ | {"AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "87"}
    environment["PATH"] = f"{sys.prefix}/bin:{os.environ['PATH']}"
    process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment)
    deadline = time.monotonic() + 60
    while "ready: " not in log.read_text() if log.exists() else True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0, log.read_text()
