"""How soon, and for how many of a camera's images, tracks come out of the frontend node: by tracker.

A driver process sends the images of a folder, forth and back, at a rate; the node runs as shipped, in its own process.
The time from just before an image is published to its Tracks message received is its latency; processor time is that
of the node.

    python benchmarks/track_latency.py --images kitchen/images --trackers descriptor flow hybrid

"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from provenance import commit, machine

SETTLE_S, START_S = 3.0, 60.0
SCRIPT = str(Path(__file__).resolve())
TICKS = os.sysconf("SC_CLK_TCK")


def read_images(folder: str, size: tuple[int, int]) -> list[np.ndarray]:
    """The images of a folder, gray, of one (width, height); forth and back."""
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix in (".png", ".jpg", ".jpeg"))
    images = [cv2.resize(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), size) for path in paths]
    return [*images, *images[-2:0:-1]]


def drive(words: str) -> int:
    """The driver's process: waits for the node, publishes at the rate, prints when each image was sent."""
    import rclpy
    from rclpy.node import Node
    from sensor_msgs.msg import Image

    from superpoint_ros.ros.messages.images import array_to_image

    case = json.loads(words)
    rclpy.init()
    node = Node("driver")
    publisher = node.create_publisher(Image, "/camera/image_raw", 10)
    messages = [array_to_image(image, Image().header) for image in read_images(case["images"], tuple(case["size"]))]
    while not publisher.get_subscription_count():
        rclpy.spin_once(node, timeout_sec=0.1)
    time.sleep(SETTLE_S)
    start = time.monotonic()
    for index in range(case["count"]):
        time.sleep(max(0.0, start + index / case["rate"] - time.monotonic()))
        message = messages[index % len(messages)]
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(time.time_ns(), 1_000_000_000)
        publisher.publish(message)
    time.sleep(SETTLE_S)
    return 0


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(tracker: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run node and driver once."""
    import rclpy
    from rclpy.node import Node
    from rclpy.qos import QoSProfile

    from superpoint_ros.msg import Tracks

    parameters = ["-p", f"tracker:={tracker}", "-p", f"max_keypoints:={options.max_keypoints}"]
    command = [sys.executable, "-m", "superpoint_ros.ros.runtime.program", "frontend", "--ros-args", *parameters]
    for parameter in options.parameters:
        command += ["-p", parameter]
    case = {"images": options.images, "size": options.size, "count": options.count, "rate": options.rate}
    latency, ages, numbers, seconds = [], [], [], [0.0]

    def take(message: Tracks) -> None:
        stamp = message.header.stamp
        latency.append(time.time() - stamp.sec - 1e-9 * stamp.nanosec)
        ages.append(float(np.mean(message.age)) if len(message.age) else 0.0)
        numbers.append(len(message.id))

    listener = Node("listener")
    listener.create_subscription(Tracks, "/frontend/camera/tracks", take, QoSProfile(depth=1000))
    with tempfile.TemporaryFile("w+") as log:
        node = subprocess.Popen(command, stdout=log, stderr=log, cwd=tempfile.gettempdir())
        driver = subprocess.Popen([sys.executable, SCRIPT, "--drive", json.dumps(case)])
        try:
            while driver.poll() is None:
                rclpy.spin_once(listener, timeout_sec=0.05)
                if not latency:
                    seconds[0] = processor_seconds(node.pid)
            used = processor_seconds(node.pid) - seconds[0]
        finally:
            for process in (driver, node):
                process.terminate()
                process.wait()
    listener.destroy_node()
    return {
        "tracker": tracker,
        "images": options.count,
        "share": len(latency) / options.count,
        "median_ms": 1e3 * float(np.median(latency)),
        "p95_ms": 1e3 * float(np.percentile(latency, 95)),
        "processor_ms": 1e3 * used / options.count,
        "tracks": float(np.mean(numbers)),
        "age": float(np.mean(ages[-30:])),
    }


def main() -> int:
    if sys.argv[1:2] == ["--drive"]:
        return drive(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, help="folder of images")
    parser.add_argument("--size", nargs=2, type=int, default=[640, 480], metavar=("W", "H"))
    parser.add_argument("--rate", type=float, default=30.0, help="images per second")
    parser.add_argument("--count", type=int, default=600, help="images")
    parser.add_argument("--max-keypoints", type=int, default=500)
    parser.add_argument("--trackers", nargs="+", default=["descriptor", "flow", "hybrid"])
    parser.add_argument("--parameters", nargs="*", default=[], metavar="NAME:=VALUE", help="of the node")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    options = parser.parse_args()
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    options.images = str(Path(options.images).resolve())
    import rclpy

    rclpy.init()
    results = []
    print("| tracker | images | with tracks % | median ms | p95 ms | processor ms an image | tracks | age |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for tracker in options.trackers:
        results.append(measure(tracker, options))
        one = results[-1]
        cells = [tracker, one["images"], f"{100 * one['share']:.1f}"]
        cells += [f"{one[key]:.1f}" for key in ("median_ms", "p95_ms", "processor_ms", "tracks", "age")]
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    if options.output:
        report = {"benchmark": "track_latency", "commit": commit(), "machine": machine(), "results": results}
        options.output.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
