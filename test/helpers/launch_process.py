"""A launch file of the package under the real launch system, in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from ament_index_python.packages import get_package_share_directory
from helpers.ros_probe import WAIT_S

# A node on a busy machine is given time to end by itself before launch ends it.
PATIENCE = {"sigterm_timeout": WAIT_S / 2, "sigkill_timeout": WAIT_S / 2}
START = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

source = PythonLaunchDescriptionSource(sys.argv[1])
arguments = [argument.split(":=", 1) for argument in sys.argv[2:]]
service = LaunchService()
service.include_launch_description(LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments)]))
sys.exit(service.run())
"""


def launch_files() -> Path:
    """The installed folder of launch files."""
    return Path(get_package_share_directory("superpoint_ros")) / "launch"


def load_launch_file(name: str) -> ModuleType:
    """A launch file as a module, for what it computes from its arguments."""
    (path,) = launch_files().rglob(f"{name}.launch.py")
    specification = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class LaunchProcess:
    """Launched at once; what it and its nodes print goes to a file.

    Args:
        folder: for the log.
        name: of the launch file.
        arguments: of it.
    """

    def __init__(self, folder: Path, name: str, **arguments: object):
        self._log = folder / "launch.log"
        words = [f"{key}:={value}" for key, value in (PATIENCE | arguments).items()]
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PATH": search, "ROS_LOG_DIR": str(folder)}
        (path,) = launch_files().rglob(f"{name}.launch.py")
        command = [sys.executable, "-c", START, str(path), *words]
        with self._log.open("w") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=folder, env=environment, start_new_session=True
            )

    def log(self) -> str:
        return self._log.read_text()

    def wait(self) -> int:
        """Until it has ended by itself; the exit status."""
        return self.process.wait(WAIT_S)

    def stop(self) -> None:
        """Ends it as Ctrl-C in a terminal does, which tells the nodes too: launch leaves that to it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(2 * WAIT_S)
