"""Whether large images get through: the kernel's socket buffers, shared memory, and Fast DDS's profile."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

from superpoint_ros.doctor.finding import Finding
from superpoint_ros.ros.runtime.middleware import PROFILE_VARIABLES, SHARED_MEMORY

# Of config/fastdds_large_images.xml; the kernel silently gives less where its own limit is lower.
SOCKET_BUFFER = 4_194_304
SYSCTL = Path("/proc/sys/net/core")
# These run Fast DDS 2, which heeds the older variable.
FASTDDS_2 = ("humble", "iron", "jazzy")
OUR_PROFILE = "$(ros2 pkg prefix --share superpoint_ros)/config/fastdds_large_images.xml"
# Of all shared memory, what may be lost without a word.
LEFT_SHARE = 0.1
MB, BLOCK = 1e6, 512


def read_limits(folder: Path = SYSCTL) -> dict[str, int | None]:
    """Read the kernel's limits of socket buffers, bytes; None where they cannot be read, as in some containers."""
    limits: dict[str, int | None] = {}
    for name in ("rmem_max", "wmem_max"):
        try:
            limits[name] = int((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            limits[name] = None
    return limits


def check_socket_buffers(limits: Mapping[str, int | None], rmw: str) -> Finding:
    """Check the kernel's limits of socket buffers against what large images need.

    Args:
        limits: Bytes by name, see `read_limits`.
        rmw: Middleware in use; "" = unknown.
    """
    subject, text = "socket buffers", ", ".join(f"net.core.{name} {_size(value)}" for name, value in limits.items())
    small = [name for name, value in limits.items() if value is not None and value < SOCKET_BUFFER]
    if not small:
        return Finding("OK", subject, text)
    between = "even on one machine" if "cyclone" in rmw else "between machines"
    text += f", where images need {_size(SOCKET_BUFFER)}: {between} large images are lost"
    settings = [f"net.core.{name}={SOCKET_BUFFER}" for name in small]
    keep = f"printf '%s\\n' {' '.join(settings)} | sudo tee /etc/sysctl.d/60-large-images.conf"
    cure = "raise the limits, now and at every start; in a container, on its host"
    return Finding("WARN", subject, text, cure, (f"sudo sysctl -w {' '.join(settings)}", keep))


def _size(number: float | None) -> str:
    return "unknown" if number is None else f"{number / MB:.1f} MB"


def segment_size(profile: str) -> int | None:
    """Return the size of the shared-memory segment that a Fast DDS profile asks for, bytes; None where it has none.

    Raises:
        ParseError: The text is no XML.
    """
    sizes = [
        int(element.text or 0)
        for element in ElementTree.fromstring(profile).iter()
        if element.tag.endswith("segment_size")
    ]
    return max(sizes, default=None)


def check_fastdds_profile(environment: Mapping[str, str], distribution: str) -> tuple[Finding, int | None]:
    """Check the profile of Fast DDS that the environment names.

    Args:
        environment: Variables of the environment.
        distribution: Name of the ROS distribution; "" = unknown.

    Returns:
        What was found, and the size of its shared-memory segment, bytes; None where the profile names none.
    """
    given = {name: environment[name] for name in PROFILE_VARIABLES if environment.get(name)}
    subject, heeded = "Fast DDS profile", PROFILE_VARIABLES[distribution in FASTDDS_2]
    transports = environment.get("FASTDDS_BUILTIN_TRANSPORTS", "")
    if not given:
        if transports:
            return _check_transports(environment, transports), None
        text = "none: a driver that publishes with best effort loses images over 0.5 MB; reliable ones need nothing"
        return Finding("OK", subject, text), None
    if heeded not in given:
        other, path = next(iter(given.items()))
        text = f"{other} has no effect on {distribution.capitalize()}"
        return Finding("WARN", subject, text, "set the other variable", (f"export {heeded}={path}",)), None
    path = given[heeded]
    try:
        size = segment_size(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, ElementTree.ParseError) as error:
        text = f"{heeded}={path} cannot be read ({error}): Fast DDS goes on without it"
        return Finding("ERROR", subject, text, "name the package's profile", (f"export {heeded}={OUR_PROFILE}",)), None
    text = f"{path}, shared-memory segment {_size(size) if size else 'as Fast DDS has it, 0.5 MB'}"
    return Finding("OK", subject, text), size


def _check_transports(environment: Mapping[str, str], transports: str) -> Finding:
    subject, text = "Fast DDS profile", f"none, but FASTDDS_BUILTIN_TRANSPORTS={transports}"
    local = "LOCALHOST" in environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "")
    if transports.startswith("LARGE_DATA") and local:
        text += ", which has no effect together with ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
        return Finding("WARN", subject, text, "unset one of the two; see docs/middleware.md")
    if transports.startswith("LARGE_DATA"):
        text += ", which every process of the graph must have: with those without it there is no contact"
    return Finding("OK", subject, text)


def leftover_segments(folder: Path = SHARED_MEMORY) -> dict[Path, int]:
    """List the segments of Fast DDS that nobody uses, with what each holds in bytes.

    The process of a segment has a lock on a file beside it; a segment that vanishes meanwhile is left out.
    """
    left = {}
    for lock in folder.glob("fast*_el"):
        with suppress(OSError), lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            segment = lock.with_name(lock.name.removesuffix("_el"))
            left[segment] = BLOCK * segment.stat().st_blocks
    return left


def check_shared_memory(total: int, free: int, segment: int | None, left: int = 0) -> Finding:
    """Check that the segment of Fast DDS finds room, and that little is lost; containers have 64 MB by default.

    Args:
        total: Size of /dev/shm, bytes.
        free: What is left of it, bytes.
        segment: Size of a process's segment, bytes; None = Fast DDS's own of 0.5 MB.
        left: What ended processes hold of it, bytes.
    """
    wanted = segment or 500_000
    text = f"/dev/shm has {free / MB:.0f} of {total / MB:.0f} MB free"
    clean = "remove what ended processes have left there (fastdds shm clean)"
    if free < wanted:
        text += f", a process of the Fast DDS profile asks for {wanted / MB:.0f}: it falls back on UDP"
        cure = f"{clean}, give a container more (docker run --shm-size=1g), or the host's (--ipc=host), "
        cure += "as needed to reach other containers by shared memory"
        return Finding("WARN", "shared memory", text, cure)
    if left > LEFT_SHARE * total:
        text += f", and processes that were killed have left {left / MB:.0f} MB, which is memory lost"
        return Finding("WARN", "shared memory", text, clean)
    return Finding("OK", "shared memory", text)


def check_this_shared_memory(segment: int | None) -> list[Finding]:
    """Check the shared memory of this machine; nothing where it has none of that kind."""
    if not SHARED_MEMORY.is_dir():
        return []
    usage = shutil.disk_usage(SHARED_MEMORY)
    left = sum(leftover_segments().values())
    return [check_shared_memory(usage.total, usage.free, segment, left)]
