"""A program that cannot start says why and what would be right in one line of its own, with status 1."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "superpoint_ros.ros.runtime.program", "triangulate", "--ros-args"]


def refused(tmp_path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        [*PROGRAM, *words], cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.yaml", "a: [1, 2\n b: }"), ("mixed.yaml", "/**:\n  ros__parameters:\n    slop: [1, x]")],
)
def test_a_broken_parameter_file(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    line = refused(tmp_path, "--params-file", name)
    assert name in line
    assert "correct the parameter file" in line


def test_a_parameter_file_that_is_not_there(tmp_path):
    assert "absent.yaml" in refused(tmp_path, "--params-file", "absent.yaml")


@pytest.mark.parametrize("topic", ["a b", "'1st'", "x/", "a//b"])
@pytest.mark.parametrize("parameter", ["left_features", "right_camera_info"])
def test_a_bad_topic_name(tmp_path, parameter, topic):
    line = refused(tmp_path, "-p", f"{parameter}:={topic}")
    assert f"{topic.strip(chr(39))}' is no name of a topic" in line


def test_a_bad_node_name(tmp_path):
    assert "correct the arguments after --ros-args" in refused(tmp_path, "-r", "__node:=bad-name")


def test_a_home_that_cannot_be_written_to(tmp_path):
    line = refused(tmp_path, HOME="/proc", ROS_HOME="", ROS_LOG_DIR="")
    assert "log directory '/proc" in line
    assert "set ROS_LOG_DIR" in line
