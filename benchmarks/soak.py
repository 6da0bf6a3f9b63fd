"""Real nodes under everything that happens to a robot, for as long as asked: do they stay well?

Cameras come and go, change their size and jump in time; damaged, empty and odd messages are mixed in; parameters
change, to good values and bad ones; sets of cameras are switched on and off, for which the frontend is cleaned up and
configured anew. Once a second each node's report is checked, received = processed + dropped + skipped + waiting, and
its memory, handles and threads are noted; an internal error of a node is a violation too. The frontend's memory is
judged by what it has whenever it is cleaned up, as at other moments it depends on parameters and images. The exit
status is 1 where a bound is violated.

    python benchmarks/soak.py --minutes 30 --output soak.json
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from accounts import imbalance, internal_errors
from diagnostic_msgs.msg import DiagnosticArray
from fuzz import camera_info, damage, image
from lifecycle_rounds import LifecycleRounds
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, Image
from usage import Series

from superpoint_ros.bench.provenance import commit, machine
from superpoint_ros.cli.node_process import START_TIMEOUT_S, LoggedNode, private_domain
from superpoint_ros.core.errors import BackendError
from superpoint_ros.core.stamps import SECOND
from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.messages.stamps import time_message

CAMERAS = ("left", "right")
SIZES = ((120, 160), (96, 128))
# After this time nothing is on its way any more.
DRAIN_S = 8.0
NODES: dict[str, dict[str, Any]] = {
    "frontend": {"cameras.names": list(CAMERAS), "max_keypoints": 200, "device": "cpu"},
    "triangulate": {},
    "densify": {"image_topic": "/left/image_raw", "sparse_topic": "/samples", "device": "cpu", "max_rate": 1.0},
}
CHANGES = (
    ("frontend", "detection_threshold", (0.005, 0.02, 0.1, -1.0)),
    ("frontend", "max_keypoints", (50, 200, 100, -5)),
    ("frontend", "max_time_gap", (0.5, 1.0, 0.0)),
    ("frontend", "descriptor_type", ("float32", "float16", "int8", "float8")),
    ("triangulate", "max_reprojection_error", (1.0, 3.0, -2.0)),
    ("densify", "max_rate", (0.5, 1.0)),
)
# Sets of cameras on, and off [s].
SYNC_TOLERANCES = (0.05, 0.0)
COUNTS = ("images", "damaged", "departures", "parameters", "sizes", "jumps", "rounds", "reports", "reports_of_sets")


class Chaos(Node):
    """Send what a bad day sends.

    Args:
        seed: Seed of the day.

    Attributes:
        reports: Newest report of each node: values by line.
        problems: What the reports were wrong about.
        counts: How often each thing was done.
    """

    def __init__(self, seed: int):
        super().__init__("soak")
        self._rng = np.random.default_rng(seed)
        self._sending: dict[str, Any] = {}
        self._shift, self._size = 0, SIZES[0]
        self._scene = self._rng.integers(0, 256, (40, 60), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
        self._setters = {name: AsyncParameterClient(self, name) for name in NODES}
        setter = self._setters["frontend"]
        self.rounds = LifecycleRounds(self, "frontend", setter, "sync_tolerance", SYNC_TOLERANCES)
        self.reports: dict[str, dict[str, dict[str, str]]] = {}
        self.problems: list[str] = []
        self.counts = dict.fromkeys(COUNTS, 0)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._check, 10)

    def _check(self, report: DiagnosticArray) -> None:
        self.counts["reports"] += 1
        for status in report.status:
            values = {value.key: value.value for value in status.values}
            node, _, line = status.name.partition(": ")
            if "topic" not in values and "too_few_cameras" not in values:
                continue
            self.counts["reports_of_sets"] += "too_few_cameras" in values
            self.reports.setdefault(node, {})[line] = values
            if problem := imbalance(values):
                self.problems.append(f"{status.name}: {problem}")

    def _send(self, topic: str, message: Any) -> None:
        """Send a message, one of fifty damaged."""
        if topic not in self._sending:
            self._sending[topic] = self.create_publisher(type(message), topic, 10)
        if self._rng.random() < 0.02:
            self.counts["damaged"] += 1
            message = damage(serialize_message(message), self._rng)
        self._sending[topic].publish(message)

    def send_images(self, step: int) -> None:
        """Send what all cameras see at one time; now and then something odd in place of an image."""
        header = Image().header
        header.stamp, header.frame_id = time_message(time.time_ns() + self._shift), "left"
        height, width = self._size
        for index, camera in enumerate(CAMERAS):
            if f"/{camera}/image_raw" not in self._sending and step % 40 > 20 * index:
                continue
            x = 20 + step % 100 + 3 * index
            message = array_to_image(np.ascontiguousarray(self._scene[20 : 20 + height, x : x + width]), header)
            self._send(f"/{camera}/image_raw", image(self._rng) if self._rng.random() < 0.01 else message)
            self._send(f"/{camera}/camera_info", self._calibration(index, header))
            self.counts["images"] += 1
        samples = np.where(self._rng.random(self._size) < 0.01, np.float32(2.0), np.float32(np.nan))
        self._send("/samples", array_to_depth_image(samples, header))

    def _calibration(self, index: int, header: Any) -> CameraInfo:
        if self._rng.random() < 0.01:
            return camera_info(self._rng)
        (height, width), focal = self._size, 100.0
        K = [focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0]
        P = [*K[:3], -0.06 * focal * index, *K[3:6], 0.0, *K[6:], 0.0]
        return CameraInfo(header=header, height=height, width=width, k=K, p=P, distortion_model="plumb_bob")

    def disturb(self) -> None:
        """Do one thing of those that happen every few seconds."""
        kind = self._rng.integers(5)
        if kind == 0 and self._sending:
            topic = list(self._sending)[self._rng.integers(len(self._sending))]
            self.destroy_publisher(self._sending.pop(topic))
            self.counts["departures"] += 1
        elif kind == 1:
            node, name, values = CHANGES[self._rng.integers(len(CHANGES))]
            if self._setters[node].services_are_ready():
                value = values[self._rng.integers(len(values))]
                self._setters[node].set_parameters([Parameter(name, value=value)])
                self.counts["parameters"] += 1
        elif kind == 2:
            self._size = SIZES[self._rng.integers(len(SIZES))]
            self.counts["sizes"] += 1
        elif kind == 3:
            self.counts["rounds"] += self.rounds.begin()
        else:
            self._shift = int(self._rng.integers(-5, 6)) * SECOND
            self.counts["jumps"] += 1


def soak(minutes: float, rate: float, seed: int, folder: Path) -> tuple[dict[str, Series], Chaos]:
    """Run the nodes for so many minutes; return what they used, and what was done to them.

    Raises:
        BackendError: A node ends by itself, or does not report.
    """
    series, chaos = {name: Series() for name in NODES}, Chaos(seed)
    with ExitStack() as stack:
        nodes = {name: stack.enter_context(LoggedNode(name, parameters, folder)) for name, parameters in NODES.items()}
        wait_for_reports(chaos, nodes)
        start = noted = disturbed = time.monotonic()
        chaos.rounds.at_rest = lambda: series["frontend"].note_at_rest(
            time.monotonic() - start, nodes["frontend"].process_id
        )
        step = 0
        while (now := time.monotonic()) < start + 60 * minutes:
            chaos.send_images(step)
            step += 1
            if now > disturbed + 3.0:
                chaos.disturb()
                disturbed = now
            if now > noted + 1.0:
                for name, node in nodes.items():
                    node.check()
                    series[name].note(now - start, node.process_id)
                noted = now
            spin_until(chaos, start + step / rate)
        spin_until(chaos, time.monotonic() + DRAIN_S)
        for node in nodes.values():
            chaos.problems += internal_errors(node.log_path.read_text(errors="replace"))
    chaos.problems += [
        f"{node}: {line}: {values['waiting']} still wait at the end"
        for node, lines in chaos.reports.items()
        for line, values in lines.items()
        if values.get("waiting", "0") != "0"
    ]
    chaos.problems += chaos.rounds.problems
    chaos.problems += ["a round of the frontend's lifecycle never ended"] if chaos.rounds.is_busy else []
    return series, chaos


def spin_until(node: Node, end: float) -> None:
    """Take what comes until a time of the monotonic clock [s]."""
    while (left := end - time.monotonic()) > 0.0:
        rclpy.spin_once(node, timeout_sec=left)


def wait_for_reports(chaos: Chaos, nodes: Mapping[str, LoggedNode]) -> None:
    """Wait until every node reports."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while set(chaos.reports) < set(nodes):
        for node in nodes.values():
            node.check()
        if time.monotonic() > deadline:
            raise BackendError(f"of {', '.join(nodes)} report {', '.join(chaos.reports) or 'none'}")
        rclpy.spin_once(chaos, timeout_sec=0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (%(default)s)")
    parser.add_argument("--rate", type=float, default=5.0, help="images of each camera per second (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of what happens (%(default)s)")
    parser.add_argument("--warm-up", type=float, default=0.2, help="share of the time not judged (%(default)s)")
    parser.add_argument("--max-slope", type=float, default=1.0, help="growth of memory, percent an hour (%(default)s)")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    with private_domain(), tempfile.TemporaryDirectory() as folder:
        rclpy.init()
        try:
            series, chaos = soak(arguments.minutes, arguments.rate, arguments.seed, Path(folder))
        except BackendError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            rclpy.try_shutdown()
    problems, figures = list(chaos.problems), {}
    for name, one in series.items():
        figures[name], found = one.judge(60 * arguments.minutes * arguments.warm_up, arguments.max_slope)
        problems += [f"{name}: {problem}" for problem in found]
    report = {
        "benchmark": "soak", "commit": commit(), "machine": machine(), "load": os.getloadavg(),
        "minutes": arguments.minutes, "done": chaos.counts, "nodes": figures, "last_reports": chaos.reports,
        "problems": problems,
    }  # fmt: skip
    print(json.dumps(report, indent=2))
    if arguments.output:
        series_of_nodes = {name: asdict(one) for name, one in series.items()}
        arguments.output.write_text(json.dumps(report | {"series": series_of_nodes}) + "\n", encoding="utf-8")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
