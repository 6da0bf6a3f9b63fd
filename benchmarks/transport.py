"""How many of the images that a camera driver sends reach the frontend node, by size, encoding, QoS and cameras.

The driver is a process of its own, and so is the node, which runs as shipped; what it received, processed and dropped
is what its statistics say. Each row is one run of both.

    python benchmarks/transport.py --sizes 640x480 1920x1080 --reliabilities reliable best_effort
    python benchmarks/transport.py --driver-environment FASTDDS_BUILTIN_TRANSPORTS=LARGE_DATA

A driver that found no subscriber within a minute has sent nothing.

`--weights none` replaces the network by one that does nothing, which leaves the CPU to the transport.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.bench.provenance import commit, machine
from superpoint_ros.cli.node_process import private_domain
from superpoint_ros.core.decode_options import DescriptorSampling

CHANNELS = {"mono8": 1, "rgb8": 3, "bgr8": 3}
COUNTERS = ("received", "processed", "dropped", "skipped", "waiting", "lost")
BACKEND = "nothing"
SCRIPT = str(Path(__file__).resolve())
START_S, SETTLE_S = 60.0, 3.0


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        size: Width and height of the images, "640x480".
        encoding: Key of CHANNELS.
        policy: The node's policy.
        reliability: Reliability that the driver's publishers offer.
        cameras: Number of cameras of the one driver process.
        images: Images of each camera.
        rate: Images per second of each camera.
    """

    size: str
    encoding: str
    policy: str
    reliability: str
    cameras: int
    images: int
    rate: float

    @property
    def names(self) -> list[str]:
        """Names of the cameras."""
        return [f"camera{number}" for number in range(self.cameras)]

    def pixels(self) -> np.ndarray:
        """One image, uint8, (H, W) or (H, W, 3)."""
        width, height = map(int, self.size.split("x"))
        shape = (height, width, CHANNELS[self.encoding])
        return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8).squeeze()


class NothingBackend:
    """A network that finds nothing, at once."""

    device = "none"
    batches_pay = False
    descriptor_sampling: DescriptorSampling = "exact"
    sha256 = "0" * 64

    def __call__(self, images: np.ndarray, options: object) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        nothing = np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 256), np.float32)
        return [nothing] * len(images)


def serve_nothing(arguments: list[str]) -> int:
    """The node's process where the network is replaced: the real program, with NothingBackend in the table."""
    from superpoint_ros.inference.backend import BACKENDS
    from superpoint_ros.ros.frontend.node import main as frontend_main

    BACKENDS[BACKEND] = lambda model, options: NothingBackend()
    return frontend_main(arguments)


def drive(case: Case) -> int:
    """The driver's process: waits for its subscribers, publishes, stays until late answers have been asked for."""
    import rclpy
    from rclpy.node import Node
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from sensor_msgs.msg import Image

    from superpoint_ros.ros.messages.images import array_to_image

    rclpy.init()
    node = Node("driver")
    qos = QoSProfile(depth=10, reliability=ReliabilityPolicy[case.reliability.upper()])
    publishers = [node.create_publisher(Image, f"/{name}/image_raw", qos) for name in case.names]
    while not all(publisher.get_subscription_count() for publisher in publishers):
        rclpy.spin_once(node, timeout_sec=0.1)
    time.sleep(SETTLE_S)
    message = array_to_image(case.pixels(), Image().header)
    message.encoding = case.encoding
    start = time.monotonic()
    for index in range(case.images):
        time.sleep(max(0.0, start + index / case.rate - time.monotonic()))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(time.time_ns(), 1_000_000_000)
        for publisher in publishers:
            publisher.publish(message)
    print("sent", flush=True)
    sys.stdin.readline()
    return 0


class Listener:
    """Hears the node's statistics."""

    def __init__(self) -> None:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.node import Node

        rclpy.init()
        self._spin_once = rclpy.spin_once
        self._node = Node("transport_benchmark")
        self.counts: dict[str, dict[str, str]] = {}
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._keep, 10)

    def _keep(self, message: Any) -> None:
        for status in message.status:
            self.counts[status.name.rpartition(": ")[2]] = {pair.key: pair.value for pair in status.values}

    def wait(self, done: Any, seconds: float) -> bool:
        """Spin until `done()` is true, at most that long."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            self._spin_once(self._node, timeout_sec=0.2)
        return True

    def total(self, counter: str, names: list[str]) -> list[int]:
        """A counter of each camera."""
        return [int(self.counts.get(name, {}).get(counter, 0)) for name in names]


def environment(inherited: dict[str, str], assignments: list[str]) -> dict[str, str]:
    """An environment with KEY=VALUE assignments added."""
    return inherited | dict(assignment.split("=", 1) for assignment in assignments)


def node_command(case: Case, weights: str) -> list[str]:
    own = ["-p", f"cameras.names:=[{','.join(case.names)}]", "-p", f"policy:={case.policy}"]
    if weights == "none":
        replaced = ["-p", f"backend:={BACKEND}", "-p", "weights:=none"]
        return [sys.executable, __file__, "--serve", "--ros-args", *replaced, *own]
    chosen = ["-p", f"weights:={weights}"] if weights else []
    return [sys.executable, "-m", "superpoint_ros.ros.runtime.program", "frontend", "--ros-args", *chosen, *own]


@contextmanager
def running(case: Case, options: argparse.Namespace, log: IO[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the node, which writes to the log, and the driver; yield the driver, whose output is not waited for."""
    node = subprocess.Popen(
        node_command(case, options.weights), stdout=log, stderr=log, cwd=tempfile.gettempdir(),
        env=environment(options.inherited, options.node_environment),
    )  # fmt: skip
    driver = subprocess.Popen(
        [sys.executable, SCRIPT, "--drive", json.dumps(asdict(case))], bufsize=0,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment(options.inherited, options.driver_environment),
    )  # fmt: skip
    assert driver.stdout is not None
    assert driver.stdin is not None
    os.set_blocking(driver.stdout.fileno(), False)
    try:
        yield driver
    finally:
        driver.stdin.close()
        for process in (driver, node):
            process.terminate()
            process.wait()


def measure(listener: Listener, case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """Run node and driver once and count."""
    listener.counts.clear()
    with tempfile.TemporaryFile("w+") as log:
        with running(case, options, log) as driver:
            if not listener.wait(lambda: all(name in listener.counts for name in case.names), START_S):
                log.seek(0)
                raise RuntimeError(f"the node sent no statistics: {log.read()}")
            done = listener.wait(lambda: driver.stdout and driver.stdout.read(8), START_S + case.images / case.rate)
            listener.wait(lambda: min(listener.total("received", case.names)) >= case.images, SETTLE_S)
            # Statistics come once a second.
            listener.wait(lambda: False, 1.5)
            counted = {counter: listener.total(counter, case.names) for counter in COUNTERS}
        log.seek(0)
        warnings = [line.strip() for line in log if "[WARN]" in line]
    sent = case.images * case.cameras if done else 0
    totals = {counter: sum(values) for counter, values in counted.items()}
    return asdict(case) | totals | {
        "sent": sent,
        "received_share": round(totals["received"] / max(sent, 1), 4),
        "received_least_camera": min(counted["received"]),
        "megabytes": round(case.pixels().nbytes / 1e6, 2),
        "warnings": warnings,
    }  # fmt: skip


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    columns = (
        "size", "encoding", "megabytes", "policy", "reliability", "cameras", "sent", "received",
        "received_least_camera", "processed", "dropped", "lost",
    )  # fmt: skip
    return "| " + " | ".join(str(result[column]) for column in columns) + " |"


HEADER = """\
| size | encoding | MB | policy | publisher | cameras | sent | received | least camera | processed | dropped | lost |
|---|---|---|---|---|---|---|---|---|---|---|---|"""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["320x240", "640x480", "1280x720", "1920x1080"], metavar="WxH")
    parser.add_argument("--encodings", nargs="+", default=["rgb8"], choices=CHANNELS)
    parser.add_argument("--policies", nargs="+", default=["latest"], choices=("latest", "every_frame"))
    parser.add_argument("--reliabilities", nargs="+", default=["reliable"], choices=("reliable", "best_effort"))
    parser.add_argument("--cameras", nargs="+", type=int, default=[1], metavar="N")
    parser.add_argument("--images", type=int, default=20, help="images of each camera (default 20)")
    parser.add_argument("--rate", type=float, default=5.0, help="images per second of each camera (default 5)")
    parser.add_argument("--weights", default="", help="weights file; none = no network (default: the bundled weights)")
    parser.add_argument("--driver-environment", nargs="*", default=[], metavar="KEY=VALUE", help="added for the driver")
    parser.add_argument("--node-environment", nargs="*", default=[], metavar="KEY=VALUE", help="added for the node")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def measure_all(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every combination of the options, and print a table."""
    options.inherited = dict(os.environ)
    # This process listens to the node's statistics, so its transport must be the node's.
    os.environ |= environment({}, options.node_environment)
    varied = (options.sizes, options.encodings, options.policies, options.reliabilities, options.cameras)
    cases = [Case(*values, images=options.images, rate=options.rate) for values in itertools.product(*varied)]
    listener = Listener()
    results = []
    print(HEADER, flush=True)
    for case in tqdm(cases, desc="runs", unit="run", disable=not sys.stderr.isatty()):
        results.append(measure(listener, case, options))
        tqdm.write(row(results[-1]))
        sys.stdout.flush()
    return results


def main() -> int:
    if sys.argv[1:2] == ["--serve"]:
        return serve_nothing(sys.argv[2:])
    if sys.argv[1:2] == ["--drive"]:
        return drive(Case(**json.loads(sys.argv[2])))
    options = parse_arguments()
    with private_domain():
        # With discovery confined to this machine, ROS 2 ignores FASTDDS_BUILTIN_TRANSPORTS.
        del os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"]
        results = measure_all(options)
    setup = {key: str(value) for key, value in vars(options).items() if key not in ("output", "inherited")}
    report = {
        "benchmark": "transport", "commit": commit(), "machine": machine(), "setup": setup, "results": results,
    }  # fmt: skip
    if options.output:
        options.output.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
