import fcntl
from pathlib import Path
from xml.etree import ElementTree

import pytest

from superpoint_ros.doctor.transport import (
    SOCKET_BUFFER,
    check_fastdds_profile,
    check_shared_memory,
    check_socket_buffers,
    check_this_shared_memory,
    leftover_segments,
    read_limits,
    segment_size,
)

PROFILE = Path(__file__).resolve().parents[2] / "config" / "fastdds_large_images.xml"
UBUNTU = 212_992


def test_the_buffers_wanted_are_those_of_the_profile():
    tags = ("sendBufferSize", "receiveBufferSize")
    sizes = {int(element.text) for element in ElementTree.parse(PROFILE).iter() if element.tag.endswith(tags)}
    assert sizes == {SOCKET_BUFFER}
    assert segment_size(PROFILE.read_text(encoding="utf-8")) == 2**27


def test_the_kernel_limits_are_read(tmp_path):
    (tmp_path / "rmem_max").write_text("212992\n")
    assert read_limits(tmp_path) == {"rmem_max": 212_992, "wmem_max": None}


@pytest.mark.parametrize(
    ("limits", "level", "says"),
    [
        ((SOCKET_BUFFER, SOCKET_BUFFER), "OK", "net.core.rmem_max 4.2 MB"),
        ((None, None), "OK", "net.core.rmem_max unknown"),
        ((UBUNTU, SOCKET_BUFFER), "WARN", "net.core.rmem_max 0.2 MB"),
        ((None, UBUNTU), "WARN", "net.core.wmem_max 0.2 MB"),
    ],
)
def test_small_buffers_are_a_warning(limits, level, says):
    finding = check_socket_buffers(dict(zip(("rmem_max", "wmem_max"), limits, strict=True)), "rmw_fastrtps_cpp")
    assert finding.level == level
    assert says in finding.text


def test_only_limits_that_are_small_are_raised():
    finding = check_socket_buffers({"rmem_max": UBUNTU, "wmem_max": 2**30}, "rmw_cyclonedds_cpp")
    assert finding.commands[0] == f"sudo sysctl -w net.core.rmem_max={SOCKET_BUFFER}"
    assert "even on one machine" in finding.text


@pytest.mark.parametrize(
    ("environment", "distribution", "level", "says", "segment"),
    [
        ({}, "kilted", "OK", "none: a driver", None),
        ({"FASTDDS_DEFAULT_PROFILES_FILE": str(PROFILE)}, "kilted", "OK", "segment 134.2 MB", 2**27),
        ({"FASTRTPS_DEFAULT_PROFILES_FILE": str(PROFILE)}, "jazzy", "OK", "segment 134.2 MB", 2**27),
        ({"FASTDDS_DEFAULT_PROFILES_FILE": str(PROFILE)}, "jazzy", "WARN", "no effect on Jazzy", None),
        ({"FASTRTPS_DEFAULT_PROFILES_FILE": str(PROFILE)}, "kilted", "WARN", "no effect on Kilted", None),
        ({"FASTDDS_DEFAULT_PROFILES_FILE": "/no/such.xml"}, "kilted", "ERROR", "cannot be read", None),
        ({"FASTDDS_DEFAULT_PROFILES_FILE": __file__}, "kilted", "ERROR", "cannot be read", None),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"}, "kilted", "OK", "every process of the graph must have", None),
        (
            {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
            "kilted",
            "WARN",
            "has no effect together with",
            None,
        ),
    ],
)
def test_profiles(environment, distribution, level, says, segment):
    finding, size = check_fastdds_profile(environment, distribution)
    assert finding.level == level
    assert says in finding.text
    assert size == segment


def test_shared_memory_must_hold_the_segment():
    assert check_shared_memory(64_000_000, 60_000_000, None).level == "OK"
    finding = check_shared_memory(64_000_000, 60_000_000, 2**27)
    assert finding.level == "WARN"
    assert "/dev/shm has 60 of 64 MB free" in finding.text
    assert "--shm-size" in finding.cure


def test_shared_memory_that_is_lost_is_said():
    assert check_shared_memory(64_000_000, 50_000_000, None, 6_000_000).level == "OK"
    finding = check_shared_memory(64_000_000, 50_000_000, None, 7_000_000)
    assert finding.level == "WARN"
    assert "have left 7 MB" in finding.text
    assert "fastdds shm clean" in finding.cure


def test_segments_whose_processes_have_ended_are_known_by_their_locks(tmp_path):
    for name in ("fastdds_1", "fastrtps_2", "fastdds_3"):
        (tmp_path / name).write_bytes(b"segment")
        (tmp_path / f"{name}_el").touch()
    (tmp_path / "fastdds_4_el").touch()
    with (tmp_path / "fastdds_1_el").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert sorted(one.name for one in leftover_segments(tmp_path)) == ["fastdds_3", "fastrtps_2"]
    assert len(leftover_segments(tmp_path)) == 3


def test_the_shared_memory_of_this_machine():
    assert [finding.subject for finding in check_this_shared_memory(None)] in ([], ["shared memory"])
