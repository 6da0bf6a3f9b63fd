"""Publishes a bag again and again from a process of its own, as a driver does: every message gets a new, later stamp.

    python test/helpers/bag_publisher.py BAG --rate 0.5 --times 10 --topics /camera/image_raw /camera/camera_info

Messages of one stamp are sent together, `rate` such groups a second; at the end their number is printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import CameraInfo, Image

TYPES = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CameraInfo": CameraInfo}
SETTLE_S, ACKNOWLEDGE_S = 2.0, 30


def read_groups(bag: Path, topics: list[str]) -> list[dict[str, Any]]:
    """Read the messages of some topics by stamp; stamps at which one of the topics has none are left out."""
    groups: dict[tuple[int, int], dict[str, Any]] = defaultdict(dict)
    with AnyReader([bag]) as reader:
        connections = [connection for connection in reader.connections if connection.topic in topics]
        for connection, _, data in reader.messages(connections):
            message = deserialize_message(bytes(data), TYPES[connection.msgtype])
            groups[message.header.stamp.sec, message.header.stamp.nanosec][connection.topic] = message
    return [group for _, group in sorted(groups.items()) if group.keys() == set(topics)]


def publish(bag: Path, topics: list[str], rate: float, times: int, reliability: str) -> int:
    """Publish `times` groups, beginning anew at the end of the bag; return how many were sent."""
    groups = read_groups(bag, topics)
    node = Node("bag_publisher")
    qos = QoSProfile(depth=10, reliability=ReliabilityPolicy[reliability.upper()])
    publishers = {topic: node.create_publisher(type(groups[0][topic]), topic, qos) for topic in topics}
    while not all(publisher.get_subscription_count() for publisher in publishers.values()):
        rclpy.spin_once(node, timeout_sec=0.1)
    # Calibration first, and time for discovery to reach the last subscriber.
    for _ in range(3):
        for topic, publisher in publishers.items():
            if topic.endswith("camera_info"):
                publisher.publish(groups[0][topic])
        time.sleep(SETTLE_S / 3)
    start = time.monotonic()
    for index in range(times):
        time.sleep(max(0.0, start + index / rate - time.monotonic()))
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        for topic, message in groups[index % len(groups)].items():
            message.header.stamp.sec, message.header.stamp.nanosec = seconds, nanoseconds
            publishers[topic].publish(message)
    # A reliable message that was not acknowledged is gone when this process ends.
    for publisher in publishers.values():
        publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGE_S))
    return times


class BagPublisher:
    """The publisher as a process of its own.

    Args:
        bag: Folder of the bag.
        topics: Topics that are published.
        rate: Groups of messages of one stamp, per second.
        times: Groups in all.
        reliability: reliable or best_effort.
    """

    def __init__(self, bag: Path, topics: list[str], rate: float, times: int, reliability: str = "reliable"):
        words = [str(bag), "--rate", str(rate), "--times", str(times), "--reliability", reliability]
        self.process = subprocess.Popen([sys.executable, __file__, *words, "--topics", *topics], env=os.environ)

    def stop(self) -> None:
        """End the process, if it still runs."""
        self.process.kill()
        self.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bag", type=Path)
    parser.add_argument("--topics", nargs="+", required=True)
    parser.add_argument("--rate", type=float, default=1.0)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--reliability", choices=("reliable", "best_effort"), default="reliable")
    arguments = parser.parse_args()
    rclpy.init()
    print(f"sent {publish(**vars(arguments))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
