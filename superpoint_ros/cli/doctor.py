"""Look for what is wrong with this installation, this machine and the ROS graph around it, and say the cure."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from superpoint_ros.doctor.finding import Finding

MAX_WIDTH = 120


def seconds(text: str) -> float:
    """Parse a number of seconds from 1 to 600."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1.0 <= value <= 600.0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds from 1 to 600")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is left out, and how the findings are printed."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--no-runs", action="store_true", help="do not run the networks")
    parser.add_argument("--no-topics", action="store_true", help="do not listen to the ROS graph")
    parser.add_argument("--seconds", type=seconds, default=6.0, help="how long to listen to the ROS graph, seconds (6)")


def run(arguments: argparse.Namespace) -> int:
    """Print every finding as it is made; return 1 if one is an error."""
    from superpoint_ros.doctor.finding import describe, summary, worst

    width, found = min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH), []
    for finding in findings(arguments):
        found.append(finding)
        if not arguments.json:
            print(describe(finding, width), flush=True)
    level = worst(found)
    print(
        json.dumps({"level": level, "findings": list(map(asdict, found))}, indent=2)
        if arguments.json
        else summary(found)
    )
    return int(level == "ERROR")


def findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    """Make the checks, one after the other; what cannot be imported leaves out those that need it."""
    from superpoint_ros.doctor.dependencies import check_dependencies, check_python, failed_imports
    from superpoint_ros.doctor.processor import check_this_processor

    yield check_python()
    failed = failed_imports()
    yield check_dependencies(failed)
    yield from check_this_processor()
    if not failed:
        yield from network_findings(arguments)
    yield from ros_findings(arguments)


def network_findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    """Make the checks of what the networks are run by."""
    from superpoint_ros.doctor.networks import check_backends, check_weights, installed_backends

    versions = installed_backends()
    yield check_backends(versions)
    yield from check_weights()
    if any(versions.values()) and not arguments.no_runs:
        from superpoint_ros.doctor.speed import NETWORKS, check_network

        yield from map(check_network, NETWORKS)


def ros_findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    """Make the checks of ROS; where there is none, its absence is the only finding."""
    from superpoint_ros.doctor import discovery, transport
    from superpoint_ros.doctor.ros_installation import check_ros, distributions, look_for_ros

    ros = look_for_ros()
    python = ".".join(platform.python_version_tuple()[:2])
    yield check_ros(ros, distributions(os.environ), python, os.environ)
    if not ros.installed:
        return
    domain = discovery.check_domain(os.environ)
    yield domain
    yield discovery.check_discovery(os.environ, ros.distribution)
    yield transport.check_socket_buffers(transport.read_limits(), ros.rmw)
    if "fastrtps" in ros.rmw:
        profile, segment = transport.check_fastdds_profile(os.environ, ros.distribution)
        yield profile
        yield from transport.check_this_shared_memory(segment)
    if ros.rmw and domain.level != "ERROR" and not arguments.no_topics:
        from superpoint_ros.doctor.topics import check_graph

        yield from check_graph(arguments.seconds, os.environ, discovery.domains_in_use(*udp_tables()))


def udp_tables() -> list[str]:
    """Read the tables of this machine's UDP sockets; Linux alone has them."""
    paths = (Path("/proc/net/udp"), Path("/proc/net/udp6"))
    return [path.read_text(encoding="utf-8") for path in paths if path.exists()]
