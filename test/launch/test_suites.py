"""The suites of launch_testing, one for each launch file, as `colcon test` runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip(
    "launch_testing.actions", reason="launch_testing is not installed; it comes with a ROS 2 distribution"
)
pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")

SUITES = Path(__file__).parent / "suites"


def test_every_launch_file_has_a_suite():
    launch_files = {path.name.removesuffix(".launch.py") for path in (SUITES.parents[2] / "launch").glob("*.launch.py")}
    assert {path.stem for path in SUITES.glob("*.py")} == launch_files


@pytest.mark.parametrize("suite", sorted(SUITES.glob("*.py")), ids=lambda path: path.stem)
def test_the_launch_file_starts_answers_and_ends_cleanly(suite, tmp_path):
    paths = {
        "PYTHONPATH": os.pathsep.join([str(SUITES.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ROS_LOG_DIR": str(tmp_path),
    }
    command = [sys.executable, "-c", "from launch_testing.launch_test import main; main()", str(suite)]
    finished = subprocess.run(command, cwd=tmp_path, env=os.environ | paths, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
