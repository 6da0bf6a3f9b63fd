"""The node under load, measured by a command."""

import pytest

from superpoint_ros.cli.bench_node import measure_node

rclpy = pytest.importorskip("rclpy", reason="ROS 2 is not installed")


class Stop(Exception):
    """Ends a test before a node starts."""


def test_the_words_of_the_command_are_no_remappings(monkeypatch):
    """`--parameter tracker:=hybrid` looks like one."""
    given = {}

    def init(**arguments):
        given.update(arguments)
        raise Stop

    monkeypatch.setattr(rclpy, "init", init)
    with pytest.raises(Stop):
        measure_node([(480, 640)], [5.0], 1.0, {})
    assert given["args"] == []
