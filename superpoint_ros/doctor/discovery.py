"""Whether nodes can find each other: the domain, the range of discovery, and who else is on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from superpoint_ros.doctor.finding import Finding

MAX_DOMAIN = 232
# Ports of domains above lie where Linux takes those of outgoing connections from.
MAX_SAFE_DOMAIN = 101
# Ports of a DDS domain, by the RTPS standard.
PORT_BASE, PORTS_OF_DOMAIN, FIRST_UNICAST = 7400, 250, 10
RANGES = ("SUBNET", "LOCALHOST", "OFF", "SYSTEM_DEFAULT")


def domain(environment: Mapping[str, str]) -> int | None:
    """Return the ROS domain that the environment names; None where that is no number."""
    text = environment.get("ROS_DOMAIN_ID", "").strip() or "0"
    return int(text) if text.isdigit() else None


def check_domain(environment: Mapping[str, str]) -> Finding:
    """Check ROS_DOMAIN_ID."""
    number, text = domain(environment), f"ROS_DOMAIN_ID is {environment.get('ROS_DOMAIN_ID')}"
    cure, commands = "take a number from 0 to 101, the same for every process and machine", ("export ROS_DOMAIN_ID=0",)
    if number is None or number > MAX_DOMAIN:
        return Finding("ERROR", "ROS domain", f"{text}, which is no domain: no node starts", cure, commands)
    if number > MAX_SAFE_DOMAIN:
        text += ", whose ports Linux also gives to outgoing connections: nodes fail to start now and then"
        return Finding("WARN", "ROS domain", text, cure, commands)
    return Finding("OK", "ROS domain", f"{number}" + ("" if environment.get("ROS_DOMAIN_ID") else " (the default)"))


def check_discovery(environment: Mapping[str, str], distribution: str) -> Finding:
    """Say how far nodes look for each other.

    Args:
        environment: Variables of the environment.
        distribution: Name of the ROS distribution; "" = unknown.
    """
    local_only, wanted = environment.get("ROS_LOCALHOST_ONLY", ""), environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "")
    if local_only == "1":
        text = "ROS_LOCALHOST_ONLY=1: nodes of this machine alone"
        text += f" (ROS_AUTOMATIC_DISCOVERY_RANGE={wanted} is not heeded)" if wanted else ""
        return Finding("OK", "ROS discovery", text)
    if not wanted:
        return Finding("OK", "ROS discovery", "every machine of the network (the default)")
    text = f"ROS_AUTOMATIC_DISCOVERY_RANGE={wanted}"
    if distribution == "humble":
        cure = "Humble heeds ROS_LOCALHOST_ONLY alone"
        return Finding(
            "WARN", "ROS discovery", f"{text} has no effect on Humble", cure, ("export ROS_LOCALHOST_ONLY=1",)
        )
    if wanted not in RANGES:
        cure = f"take one of {', '.join(RANGES)}"
        return Finding("WARN", "ROS discovery", f"{text} is unknown to ROS, which then stays on this machine", cure)
    if wanted == "OFF":
        text += ": no node finds another, on this machine either, but by ROS_STATIC_PEERS"
        return Finding(
            "WARN", "ROS discovery", text, "let nodes find each other", ("unset ROS_AUTOMATIC_DISCOVERY_RANGE",)
        )
    means = "nodes of this machine alone" if wanted == "LOCALHOST" else "every machine of the network"
    return Finding("OK", "ROS discovery", f"{text}: {means}")


def domains_in_use(*tables: str) -> list[int]:
    r"""List the DDS domains that programs of this machine (of this network namespace) take part in.

    A domain is taken as used where its multicast port is open, or both unicast ports of a participant.

    >>> domains_in_use("  sl  local_address\n   1: 00000000:45EC 00000000:0000 07")  # 0x45EC = 7400 + 250 * 42
    [42]

    Args:
        tables: Texts of /proc/net/udp and /proc/net/udp6.
    """
    ports = {port for table in tables for line in table.splitlines() if (port := _local_port(line)) is not None}
    found = set()
    for port in ports:
        number, offset = divmod(port - PORT_BASE, PORTS_OF_DOMAIN)
        pair = offset >= FIRST_UNICAST and offset % 2 == 0 and port + 1 in ports
        if 0 <= number <= MAX_SAFE_DOMAIN and (offset == 0 or pair):
            found.add(number)
    return sorted(found)


def _local_port(line: str) -> int | None:
    words = line.split()
    if len(words) < 2 or ":" not in words[1]:
        return None
    return int(words[1].rpartition(":")[2], 16)
