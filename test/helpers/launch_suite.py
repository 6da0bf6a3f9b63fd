"""What the suites of launch_testing share: a launch file as a test description, and a probe to talk to its nodes."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

from helpers.launch_process import PATIENCE, launch_files
from helpers.ros_probe import Probe


def description(name: str, **arguments: object) -> Any:
    """Describe the launch of a launch file, with the tests beginning as soon as its nodes are started."""
    from launch import LaunchDescription
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    from launch_testing.actions import ReadyToTest

    source = PythonLaunchDescriptionSource(str(launch_files() / f"{name}.launch.py"))
    given = {key: str(value) for key, value in (PATIENCE | arguments).items()}
    return LaunchDescription([IncludeLaunchDescription(source, launch_arguments=given.items()), ReadyToTest()])


class ProbeCase(unittest.TestCase):
    """A test case with a probe of its own."""

    def setUp(self) -> None:
        self.probe = Probe()
        self.addCleanup(self.probe.close)

    def repeat_until(self, publish: Callable[[int], None], condition: Callable[[], Any], what: str) -> None:
        """Publish once a second, each time with the next number, until the condition holds."""
        for number in range(1, 40):
            publish(number)
            self.probe.spin_for(1.0)
            if condition():
                return
        self.fail(f"waited in vain for {what}")
