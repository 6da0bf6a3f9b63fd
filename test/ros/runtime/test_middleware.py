"""Room for a node's messages: in which environments it is made, and that a real node has it."""

from __future__ import annotations

import re
from collections import namedtuple
from pathlib import Path

import pytest

from superpoint_ros.ros.runtime import middleware
from superpoint_ros.ros.runtime.middleware import PROFILE, PROFILE_VARIABLES, SEGMENT_SIZE, give_messages_room

Usage = namedtuple("Usage", "total used free")
MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def plenty(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(middleware.shutil, "disk_usage", lambda path: Usage(64 * MEGABYTE, 0, 64 * MEGABYTE))


@pytest.mark.parametrize(
    ("rclpy", "set_variable"),
    [("3.3.13", PROFILE_VARIABLES[1]), ("7.1.6", PROFILE_VARIABLES[1]), ("9.1.2", PROFILE_VARIABLES[0])],
)
@pytest.mark.parametrize("middleware_name", [None, "rmw_fastrtps_cpp", "rmw_fastrtps_dynamic_cpp"])
def test_without_a_choice_the_profile_is_set(middleware_name, rclpy, set_variable, monkeypatch):
    monkeypatch.setattr(middleware, "version", lambda name: rclpy)
    environment = {} if middleware_name is None else {"RMW_IMPLEMENTATION": middleware_name}
    before = dict(environment)
    assert give_messages_room(environment)
    assert {name: value for name, value in environment.items() if name not in before} == {set_variable: str(PROFILE)}
    assert int(re.search("<segment_size>(.*)</segment_size>", PROFILE.read_text())[1]) == SEGMENT_SIZE


@pytest.mark.parametrize(
    "chosen",
    [
        {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"},
        {"RMW_IMPLEMENTATION": "rmw_zenoh_cpp"},
        {"FASTDDS_DEFAULT_PROFILES_FILE": "mine.xml"},
        {"FASTRTPS_DEFAULT_PROFILES_FILE": "mine.xml"},
        {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"},
    ],
    ids=lambda chosen: next(iter(chosen.values())),
)
def test_what_the_user_has_chosen_stays(chosen):
    environment = dict(chosen)
    assert not give_messages_room(environment)
    assert environment == chosen


def test_a_profile_in_the_working_directory_stays(tmp_path):
    (tmp_path / "DEFAULT_FASTDDS_PROFILES.xml").touch()
    environment = {}
    assert not give_messages_room(environment)
    assert environment == {}


def test_short_shared_memory_is_left_to_others(monkeypatch):
    monkeypatch.setattr(
        middleware.shutil, "disk_usage", lambda path: Usage(64 * MEGABYTE, 40 * MEGABYTE, 24 * MEGABYTE)
    )
    assert not give_messages_room({})


def test_a_node_sends_from_a_segment_of_that_size(probe, start_node):
    node = start_node({"cameras.camera.topic": "/roomy/image"}, "roomy")
    probe.spin_until(lambda: "ready" in node.log(), "the node")
    mapped = Path(f"/proc/{node.process.pid}/maps").read_text(encoding="utf-8").splitlines()
    sizes = [
        int(end, 16) - int(begin, 16)
        for line in mapped
        if "/dev/shm/" in line
        for begin, end in [line.split()[0].split("-")]
    ]
    assert max(sizes) >= SEGMENT_SIZE
