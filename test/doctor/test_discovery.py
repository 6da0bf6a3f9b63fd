import pytest

from superpoint_ros.doctor.discovery import check_discovery, check_domain, domains_in_use


def table(*ports):
    lines = [f" {i}: 0100007F:{port:04X} 00000000:0000 07 00000000:00000000" for i, port in enumerate(ports)]
    return "\n".join(["  sl  local_address rem_address   st", *lines])


@pytest.mark.parametrize(
    ("value", "level", "says"),
    [
        (None, "OK", "0 (the default)"),
        ("", "OK", "0 (the default)"),
        ("42", "OK", "42"),
        ("101", "OK", "101"),
        ("102", "WARN", "nodes fail to start now and then"),
        ("233", "ERROR", "no node starts"),
        ("-1", "ERROR", "no node starts"),
        ("lab", "ERROR", "ROS_DOMAIN_ID is lab"),
    ],
)
def test_domains(value, level, says):
    finding = check_domain({} if value is None else {"ROS_DOMAIN_ID": value})
    assert finding.level == level
    assert says in finding.text
    assert bool(finding.commands) == (level != "OK")


@pytest.mark.parametrize(
    ("environment", "distribution", "level", "says"),
    [
        ({}, "kilted", "OK", "every machine of the network"),
        ({"ROS_LOCALHOST_ONLY": "0"}, "humble", "OK", "every machine of the network"),
        ({"ROS_LOCALHOST_ONLY": "1"}, "humble", "OK", "nodes of this machine alone"),
        (
            {"ROS_LOCALHOST_ONLY": "1", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"},
            "kilted",
            "OK",
            "ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET is not heeded",
        ),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}, "kilted", "OK", "nodes of this machine alone"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, "kilted", "OK", "every machine of the network"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF"}, "jazzy", "WARN", "no node finds another"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "home"}, "kilted", "WARN", "is unknown to ROS"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}, "humble", "WARN", "has no effect on Humble"),
    ],
)
def test_ranges_of_discovery(environment, distribution, level, says):
    finding = check_discovery(environment, distribution)
    assert finding.level == level
    assert says in finding.text


@pytest.mark.parametrize(
    ("tables", "domains"),
    [
        ([], []),
        ([table(53, 5353, 40000, 7411)], []),
        ([table(7400, 7410, 7411)], [0]),
        ([table(17910, 17911)], [42]),  # discovery on this machine alone opens no multicast port
        ([table(17912, 17913)], [42]),  # of a second process
        ([table(17910), table(17911)], [42]),
        ([table(17910, 9000)], []),
        ([table(7400 + 250 * 150)], []),  # where the ports of outgoing connections are
    ],
)
def test_domains_are_told_by_their_ports(tables, domains):
    assert domains_in_use(*tables) == domains
