"""Which ROS this interpreter can use; looked at from outside, as a broken ROS ends its process."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from superpoint_ros.doctor.dependencies import installed_version
from superpoint_ros.doctor.finding import Finding

# First number of rclpy's version -> distribution.
DISTRIBUTIONS = {"3": "humble", "4": "iron", "7": "jazzy", "9": "kilted"}
OPT_ROS = Path("/opt/ros")
PROBE = """
import sys
sys.path = {path!r}
import rclpy
print(rclpy.get_rmw_implementation_identifier(), flush=True)
import superpoint_ros.msg
"""
PROBE_TIMEOUT_S = 60.0
# Lines that rcl logs begin with this.
LOG_PREFIX = re.compile(r"^\[\w+\] \[[\d.]+\] \[\w+\]: ")


@dataclass(frozen=True)
class Ros:
    """Hold what was found of ROS.

    Attributes:
        installed: Whether there is an rclpy for this interpreter.
        version: Version of rclpy; "" = unknown.
        distribution: Name of the distribution, in lower case; "" = unknown.
        rmw: Middleware in use; "" where rclpy does not work.
        error: Why rclpy, or where there is an `rmw` the package's messages, cannot be imported; "" = they can.
    """

    installed: bool
    version: str = ""
    distribution: str = ""
    rmw: str = ""
    error: str = ""


def look_for_ros(environment: Mapping[str, str] = os.environ) -> Ros:
    """Import rclpy and the package's messages in a process of its own."""
    if importlib.util.find_spec("rclpy") is None:
        return Ros(installed=False)
    version = installed_version("ros-rclpy", "rclpy") or ""
    distribution = environment.get("ROS_DISTRO") or DISTRIBUTIONS.get(version.split(".")[0], "")
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE.format(path=sys.path)],
            env=environment, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        error = f"importing it takes longer than {PROBE_TIMEOUT_S:.0f} s"
        return Ros(installed=True, version=version, distribution=distribution, error=error)
    error = last_line(done.stderr) or f"its process ended with status {done.returncode}" if done.returncode else ""
    return Ros(installed=True, version=version, distribution=distribution, rmw=done.stdout.strip(), error=error)


def last_line(text: str) -> str:
    """Return the last line of what a process has printed, without what a log puts before it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return LOG_PREFIX.sub("", lines[-1]).split(", at /")[0] if lines else ""


def distributions(environment: Mapping[str, str], opt_ros: Path = OPT_ROS) -> dict[Path, str]:
    """Find the ROS 2 distributions of this machine, sourced or not.

    Returns:
        Version of the Python that its rclpy is for, "3.12" for example, by the distribution's folder.
    """
    sourced = [Path(path) for path in environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if path]
    found: dict[Path, str] = {}
    for prefix in (*sourced, *sorted(opt_ros.glob("*"))):
        # Ubuntu has put what CMake installs below local/ (Humble).
        for rclpy in (
            *prefix.glob("lib/python3*/*-packages/rclpy"),
            *prefix.glob("local/lib/python3*/*-packages/rclpy"),
        ):
            found.setdefault(prefix, rclpy.parts[-3].removeprefix("python"))
    return found


def check_ros(ros: Ros, present: Mapping[Path, str], python: str, environment: Mapping[str, str]) -> Finding:
    """Say which ROS is used, or why none is.

    Args:
        ros: What was found of it from this interpreter.
        present: What there is on the machine, see `distributions`.
        python: Version of this interpreter, "3.11" for example.
        environment: Variables of the environment.
    """
    named = f"rclpy {ros.version}".rstrip() + (f" ({ros.distribution.capitalize()})" if ros.distribution else "")
    if not ros.rmw and present and not {python, "3"} & set(present.values()):
        return _of_another_python(present, python)
    if not ros.installed:
        return _not_installed(present)
    if not ros.rmw:
        return _broken(ros, named, environment.get("RMW_IMPLEMENTATION", ""))
    if ros.error:
        text = f"{named} works, but the messages of superpoint_ros cannot be imported ({ros.error}): no node runs"
        cure = (
            "build the package in a colcon workspace and source it (README.md); or, with ROS from PyPI, install it anew"
        )
        return Finding("ERROR", "ROS", text, cure, ("source install/setup.bash",))
    return Finding("OK", "ROS", f"{named}, middleware {ros.rmw}")


def _of_another_python(present: Mapping[Path, str], python: str) -> Finding:
    prefix, version = next(iter(present.items()))
    text = f"{prefix} is for Python {version}, and this is Python {python}: no node runs"
    cure = f"use Python {version}: leave the conda or virtual environment, or make one that sees the system's packages"
    commands = ("conda deactivate", f"/usr/bin/python{version} -m venv --system-site-packages ENV")
    return Finding("ERROR", "ROS", text, cure, commands)


def _not_installed(present: Mapping[Path, str]) -> Finding:
    text = "rclpy is not installed for this Python: no node runs, while the Python API and the other commands do"
    if present:
        prefix = next(iter(present))
        return Finding("WARN", "ROS", text, f"{prefix} has it", (f"source {prefix}/setup.bash",))
    cure = "for the nodes, install and source a ROS 2 distribution; on x86-64 Linux, pip brings ROS with this package"
    return Finding("WARN", "ROS", text, cure)


def _broken(ros: Ros, named: str, rmw: str) -> Finding:
    text = f"{named} cannot be imported: {ros.error}"
    if not rmw:
        cure = "source the setup script of one distribution, in a new shell"
        return Finding("ERROR", "ROS", text, cure)
    package = f"ros-{ros.distribution or 'DISTRIBUTION'}-{rmw.replace('_', '-')}"
    cure = f"RMW_IMPLEMENTATION is {rmw}: install it, or do without"
    return Finding("ERROR", "ROS", text, cure, (f"sudo apt install {package}", "unset RMW_IMPLEMENTATION"))
