"""Cameras in a process of their own, as a driver runs: color images on one or more topics, at a rate."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

PUBLISH = "import sys; from helpers.ros_camera_process import publish; publish(sys.argv[1])"


@dataclass(frozen=True)
class Film:
    """What is published.

    Attributes:
        topics: One camera each; all in one process.
        size: (height, width) of the rgb8 images.
        count: Images on each topic.
        rate: Images per second.
        reliable: Whether the publishers offer reliable delivery.
        camera_info: Topic on which a CameraInfo goes with every image; "" = none.
    """

    topics: tuple[str, ...]
    size: tuple[int, int]
    count: int
    rate: float
    reliable: bool = True
    camera_info: str = ""


class CameraProcess:
    """Publishes a film once every topic has a subscriber, or ten seconds after the start; then ends."""

    def __init__(self, film: Film):
        command = [sys.executable, "-c", PUBLISH, json.dumps(asdict(film))]
        self.process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1])

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def publish(words: str) -> None:
    """Publish the film that a JSON text describes, in this process."""
    import time
    from array import array

    import rclpy
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from sensor_msgs.msg import CameraInfo, Image

    film = Film(**json.loads(words))
    rclpy.init()
    node = rclpy.create_node("driver")
    reliability = ReliabilityPolicy.RELIABLE if film.reliable else ReliabilityPolicy.BEST_EFFORT
    publishers = [node.create_publisher(Image, topic, QoSProfile(depth=5, reliability=reliability))
                  for topic in film.topics]  # fmt: skip
    infos = node.create_publisher(CameraInfo, film.camera_info, 5) if film.camera_info else None
    deadline = time.monotonic() + 10.0
    while not all(one.get_subscription_count() for one in publishers) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    height, width = film.size
    image = Image(
        height=height, width=width, encoding="rgb8", step=3 * width, data=array("B", bytes(3 * height * width))
    )
    for number in range(film.count):
        image.header.stamp.sec, image.header.stamp.nanosec = divmod(number * 10**8 + 10**9, 10**9)
        for publisher in publishers:
            publisher.publish(image)
        if infos is not None:
            infos.publish(CameraInfo(header=image.header, height=height, width=width))
        time.sleep(1.0 / film.rate)
    time.sleep(2.0)
