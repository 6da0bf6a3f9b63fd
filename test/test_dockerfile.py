"""The container is built by the commands that the README gives for a workspace."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORKSPACE = README.partition("## Use it with ROS 2")[2].partition("\n## ")[0]


@pytest.mark.parametrize("command", ["rosdep install", "pip install", "colcon build"])
def test_the_readme_s_commands_build_the_container(command):
    line = next(line for line in WORKSPACE.splitlines() if command in line)
    words = line.partition(command)[2].partition("&&")[0].partition("#")[0].split()
    own = DOCKERFILE.partition(command)[2].partition("\n")[0]
    # What is installed for all users needs no --user.
    assert [word for word in words if word not in own.split() and word != "--user"] == []


def test_it_is_built_for_a_distribution_that_the_readme_names():
    default = DOCKERFILE.partition("ARG ROS_DISTRO=")[2].split()[0]
    assert default.capitalize() in WORKSPACE.partition(")")[0]
    assert "FROM ros:${ROS_DISTRO}-ros-base" in DOCKERFILE


def test_what_is_built_here_stays_out_of_the_container():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    built = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split() if line[-1] == "/"]
    assert {"build", "install", "log", "output"} <= set(ignored) & set(built)
