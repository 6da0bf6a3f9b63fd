"""The package's nodes in processes of their own, on a private ROS domain."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import superpoint_ros
from superpoint_ros.core.errors import BackendError

if TYPE_CHECKING:
    from superpoint_ros.replay.player import Player

START_NODE = (
    "from superpoint_ros.core.processes import end_with_parent; end_with_parent(); "
    "from superpoint_ros.ros.runtime.program import run_program; run_program('{}')"
)
# As in ROS's domain_coordinator, the process that holds a domain's port owns the domain.
DOMAIN_PORT_BASE = 22119
DOMAINS = range(1, 101)
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 1.8
ENDING_LINES = 15


@contextmanager
def private_domain() -> Iterator[int]:
    """Reserve a ROS_DOMAIN_ID for this process and its children, with discovery confined to this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        first = os.getpid() % len(DOMAINS)
        for domain in (*DOMAINS[first:], *DOMAINS[:first]):
            if str(domain) == os.environ.get("ROS_DOMAIN_ID"):
                continue
            try:
                holder.bind(("127.0.0.1", DOMAIN_PORT_BASE + domain))
                break
            except OSError:
                continue
        else:
            raise BackendError(f"no ROS domain of {DOMAINS.start} to {DOMAINS.stop - 1} is free on this machine")
        os.environ |= {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
        yield domain


class LoggedNode:
    """Run a node in a process of its own from entry to exit of a with statement; its output goes to a log file.

    Args:
        name: Name of the node; its module is ros/<name>/node.py.
        parameters: Parameters of the node, by name.
        folder: Folder in which <name>.log is written; also the working directory of the process.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any], folder: Path):
        self.log_path = folder / f"{name}.log"
        self._name = name
        self._command = [sys.executable, "-c", START_NODE.format(name), "--ros-args"]
        for parameter, value in parameters.items():
            text = json.dumps(value) if isinstance(value, str) else str(value)
            self._command += ["-p", f"{parameter}:={text}"]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._told_to_stop = False

    def __enter__(self) -> LoggedNode:
        package = str(Path(superpoint_ros.__path__[0]).parent)
        paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        with self.log_path.open("wb") as log:
            # Python looks for modules in the working directory first: a source tree there would hide the package.
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=os.environ | {"PYTHONPATH": paths}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self.tell_to_stop()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tell_to_stop(self) -> None:
        """Tell the node to end, and do not wait for it; a second call does nothing."""
        assert self._process is not None
        if not self._told_to_stop:
            self._process.send_signal(signal.SIGTERM)
        self._told_to_stop = True

    @property
    def process_id(self) -> int:
        """Return the number of the node's process."""
        assert self._process is not None
        return self._process.pid

    def processor_seconds(self) -> float:
        """Return the processor time of the node so far, all its threads, seconds; as Linux tells it."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def check(self) -> None:
        """Check that the node is running.

        Raises:
            BackendError: The node has ended by itself; the message has the end of its log.
        """
        assert self._process is not None
        if self._process.poll() is not None:
            ending = "\n".join(self.log_path.read_text(errors="replace").splitlines()[-ENDING_LINES:])
            raise BackendError(f"the {self._name} node ended with status {self._process.returncode}:\n{ending}")


@contextmanager
def played_node(
    name: str, parameters: Mapping[str, Any], folder: Path, inputs: Mapping[str, type], answers: Mapping[str, type]
) -> Iterator[Player]:
    """Start a node as LoggedNode does, and connect a player to it; ROS must have been initialized.

    Raises:
        BackendError: The node ends by itself, or does not start in time.
    """
    from superpoint_ros.replay.player import Player

    with LoggedNode(name, parameters, folder) as process:
        player = Player(f"{name}_player", inputs, answers, name, process.check)
        try:
            if not player.wait_until_connected(START_TIMEOUT_S):
                text = f"the {name} node did not start within {START_TIMEOUT_S:.0f} s; see {process.log_path}"
                raise BackendError(text)
            yield player
        finally:
            player.destroy_node()
