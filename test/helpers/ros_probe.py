"""A real frontend node in its own process, and a probe that talks to it over real DDS, in a domain of their own.

Imported before rclpy, so that no other ROS program on the machine or in the network is heard.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import helpers.ros_domain  # noqa: F401  reserved before rclpy is loaded
import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import GetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from superpoint_ros.ros.runtime.diagnostics import DIAGNOSTICS_TOPIC
from superpoint_ros.ros.runtime.middleware import rclpy_version

LEVELS = {b"\x00": "OK", b"\x01": "WARN", b"\x02": "ERROR", b"\x03": "STALE"}
WAIT_S = 40.0
# Before Kilted rclpy does not say whose a message is.
TELLS_PUBLISHERS = (rclpy_version() or 0) >= 9
RELIABLE = QoSProfile(depth=1000)


def texture(seed: int, size: tuple[int, int]) -> np.ndarray:
    """uint8 (H, W) of blocks four pixels wide."""
    coarse = np.random.default_rng(seed).integers(0, 256, (size[0] // 4 + 1, size[1] // 4 + 1), dtype=np.uint8)
    return np.kron(coarse, np.ones((4, 4), np.uint8))[: size[0], : size[1]]


def header(milliseconds: int, frame: str = "optical") -> Header:
    message = Header(frame_id=frame)
    message.stamp.sec, message.stamp.nanosec = milliseconds // 1000, milliseconds % 1000 * 1_000_000
    return message


def milliseconds(message: Any) -> int:
    return message.header.stamp.sec * 1000 + message.header.stamp.nanosec // 1_000_000


class NodeProcess:
    """A node's program with ROS arguments; what it prints goes to a file."""

    started: ClassVar[list[NodeProcess]] = []

    def __init__(self, log: Path, arguments: list[str], node: str = "frontend"):
        self._log = log
        command = [sys.executable, "-m", "superpoint_ros.ros.runtime.program", node, "--ros-args", *arguments]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent, env=environment
            )
        self.started.append(self)

    def log(self) -> str:
        return self._log.read_text()

    def stop(self) -> int:
        """Ends it as a launch system does; returns the exit status."""
        self.process.terminate()
        return self.process.wait(WAIT_S)


def logs_of_nodes() -> str:
    """What the nodes have printed that run or have crashed, for people who look for what went wrong."""
    kept = [one for one in NodeProcess.started if one.process.poll() not in (0, -signal.SIGKILL)]
    return "\n".join(f"--- {' '.join(one.process.args[4:])}\n{one.log()}" for one in kept)


def parameter_arguments(parameters: dict[str, Any], name: str = "frontend") -> list[str]:
    arguments = ["-r", f"__node:={name}"]
    for key, value in parameters.items():
        arguments += ["-p", f"{key}:={str(value).lower() if isinstance(value, bool) else value}"]
    return arguments


def sender(report: DiagnosticArray) -> str:
    """The node whose report it is."""
    return report.status[0].name.partition(": ")[0] if report.status else ""


class Collector(list):
    """The messages of one topic that are wanted, in order of arrival, until it is closed."""

    def __init__(self, node: Node, message_type: type, topic: str, is_wanted: Callable[[Any], bool] = bool):
        super().__init__()
        self._node, self._is_wanted = node, is_wanted
        self._subscription = node.create_subscription(message_type, topic, self._take, RELIABLE)

    def _take(self, message: Any) -> None:
        if self._is_wanted(message):
            self.append(message)

    def close(self) -> None:
        self._node.destroy_subscription(self._subscription)


class Probe:
    """Publishes to nodes and collects what they publish."""

    def __init__(self, name: str = "probe") -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self.node = Node(name, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def close(self) -> None:
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def spin_until(self, condition: Callable[[], Any], what: str, wait: float = WAIT_S) -> None:
        deadline = time.monotonic() + wait
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {wait:.0f} s in vain for {what}\n{logs_of_nodes()}")
            self._executor.spin_once(timeout_sec=0.02)

    def spin_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.02)

    def meet(self, *nodes: str) -> None:
        """Return once these nodes know every publisher and subscription of the probe, and have taken what it sent.

        What a participant has is announced in order, and a service answers a client only when it knows that one's
        reader: an answer to the newest client shows that everything before it is known. Messages come before the
        request that followed them, and an executor takes them first.
        """
        for name in nodes:
            client = self.node.create_client(GetParameters, f"{name}/get_parameters")
            self.spin_until(client.service_is_ready, f"the parameter services of {name}")
            self.spin_until(lambda client=client: self._answers(client), f"an answer of {name}")
            self.node.destroy_client(client)

    def _answers(self, client: Any) -> bool:
        """Ask once: the answer to a client that is not known yet is lost."""
        future = client.call_async(GetParameters.Request())
        self._executor.spin_until_future_complete(future, timeout_sec=1.0)
        return future.done()

    def _meet_all(self, ends_of: Callable[[str], list[Any]], topic: str) -> None:
        """Meet the nodes that publish to a topic, or that hear it, as soon as their names are known."""

        def names() -> set[str]:
            return {f"{end.node_namespace.rstrip('/')}/{end.node_name}" for end in ends_of(topic)}

        self.spin_until(lambda: not any("UNKNOWN" in name for name in names()), f"the names of the nodes at {topic}")
        self.meet(*sorted(names() - {f"/{self.node.get_name()}"}))

    def let_nodes_meet(self) -> None:
        """Wait for as long as nodes may need to hear of each other, who cannot be asked: they repeat it every 3 s."""
        self.spin_for(4.0)

    def collect(self, message_type: type, topic: str) -> Collector:
        """Everything on the topic from now on; returns once a publisher is there and has heard of it."""
        collector = Collector(self.node, message_type, topic)
        self.spin_until(lambda: self.node.count_publishers(topic), f"a publisher of {topic}")
        self._meet_all(self.node.get_publishers_info_by_topic, topic)
        return collector

    def collect_reports(self, name: str) -> Collector:
        """Every report of a node from now on; returns once the node is there and has heard of it."""
        reports = Collector(self.node, DiagnosticArray, DIAGNOSTICS_TOPIC, lambda report: sender(report) == name)

        def is_there() -> bool:
            return any(one.node_name == name for one in self.node.get_publishers_info_by_topic(DIAGNOSTICS_TOPIC))

        self.spin_until(is_there, f"reports of {name}")
        self.meet(name)
        return reports

    def publisher(self, message_type: type, topic: str, qos: QoSProfile = RELIABLE, subscribers: int = 1) -> Any:
        """Ready once that many subscribers are connected."""
        publisher = self.node.create_publisher(message_type, topic, qos)
        self.spin_until(lambda: publisher.get_subscription_count() >= subscribers, f"a subscriber to {topic}")
        self._meet_all(self.node.get_subscriptions_info_by_topic, topic)
        return publisher

    def set_parameter(self, node: str, name: str, value: Any) -> Any:
        client = AsyncParameterClient(self.node, node)
        self.spin_until(client.services_are_ready, f"the parameter services of {node}")
        self.meet(node)
        future = client.set_parameters([Parameter(name, value=value)])
        self.spin_until(future.done, f"an answer to {name}={value}")
        return future.result().results[0]

    def statistics(self, reports: list[DiagnosticArray], camera: str) -> dict[str, str]:
        """The newest line on a camera, its level by name; {} before the first."""
        for status in reports[-1].status if reports else []:
            if status.name.endswith(f": {camera}"):
                own = {"message": status.message, "level": LEVELS[status.level]}
                return own | {value.key: value.value for value in status.values}
        return {}
