"""Room in the middleware for a node's own messages; decided before anything of ROS is loaded."""

from __future__ import annotations

import shutil
from collections.abc import MutableMapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROFILE = Path(__file__).with_name("fastdds_profile.xml")
# Of Fast DDS 3, and of Fast DDS 2 (Humble and Jazzy); Kilted reads both, and the same profile twice is an error.
PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
FIRST_RCLPY_WITH_FASTDDS_3 = 8
TRANSPORTS_VARIABLE = "FASTDDS_BUILTIN_TRANSPORTS"
# Profiles that Fast DDS reads from the working directory.
PROFILE_FILES = ("DEFAULT_FASTDDS_PROFILES.xml", "DEFAULT_FASTRTPS_PROFILES.xml")
SHARED_MEMORY = Path("/dev/shm")
SEGMENT_SIZE = 16 * 2**20


def give_messages_room(environment: MutableMapping[str, str]) -> bool:
    """Have Fast DDS send messages of up to 16 MB in one piece, unless the user has chosen otherwise.

    By default a process has 0.5 MB of shared memory to send from. Features of 1,000 keypoints take 1 MB: cut in two,
    one part now and then finds no room, and is sent again only after Fast DDS's heartbeat of three seconds.

    Args:
        environment: Variables of the environment; that of Fast DDS's profile is set.

    Returns:
        Whether it is set: not where another middleware, profile or transport is chosen, or shared memory is short.
    """
    is_other = "fastrtps" not in environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp")
    is_chosen = any(environment.get(name) for name in (*PROFILE_VARIABLES, TRANSPORTS_VARIABLE))
    if is_other or is_chosen or any(Path(name).exists() for name in PROFILE_FILES) or not _has_room():
        return False
    if (rclpy := rclpy_version()) is None:
        return False
    environment[PROFILE_VARIABLES[rclpy < FIRST_RCLPY_WITH_FASTDDS_3]] = str(PROFILE)
    return True


def rclpy_version() -> int | None:
    """Return the first number of the version of rclpy; None where it is not installed."""
    for name in ("ros-rclpy", "rclpy"):
        with suppress(PackageNotFoundError):
            return int(version(name).split(".")[0])
    return None


def _has_room() -> bool:
    """Tell whether the segment, and as much again for other processes, finds room; Fast DDS reserves all of it."""
    return SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= 2 * SEGMENT_SIZE
