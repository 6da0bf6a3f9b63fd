"""A camera that sends images at a rate, whatever becomes of them, and how soon the answers to them come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.messages.stamps import time_message

DEPTH = 1000
POLL_S = 0.1


@dataclass
class Answers:
    """Hold what came of the images sent at one rate.

    Attributes:
        sent: When each image was sent, by stamp [ns], on the clock of time.perf_counter [s].
        received: When its answer was received, likewise.
    """

    sent: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)

    @property
    def latency(self) -> np.ndarray:
        """Return the time from sending an image to its answer, float64 (N,), seconds; of those that were answered."""
        return np.array([self.received[stamp] - self.sent[stamp] for stamp in self.sent if stamp in self.received])

    @property
    def dropped(self) -> float:
        """Return the share of the images without an answer."""
        return 1.0 - len(self.latency) / max(len(self.sent), 1)


class CameraLoad(Node):
    """Send images on a topic, and note when a message with the stamp of each comes on another.

    Args:
        topic: Topic of the images.
        answer_type: Type of the answers.
        answer_topic: Topic of the answers.
        check: Called while waiting; may raise.
    """

    def __init__(self, topic: str, answer_type: type, answer_topic: str, check: Callable[[], None]):
        super().__init__("camera_load")
        self._check = check
        self._answers = Answers()
        self._publisher = self.create_publisher(Image, topic, 10)
        self._subscription = self.create_subscription(answer_type, answer_topic, self._receive, QoSProfile(depth=DEPTH))
        self._closed = threading.Event()
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self._thread = threading.Thread(target=self._spin, name="answers", daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        try:
            while not self._closed.is_set():
                self._executor.spin_once(timeout_sec=POLL_S)
        except (ExternalShutdownException, RuntimeError):
            # A signal shuts the context down at any moment, and then rclpy's next wait has none to wait with.
            if self.context.ok():
                raise

    def _receive(self, message: Any) -> None:
        self._answers.received[nanoseconds(message.header.stamp)] = time.perf_counter()

    def wait_until_connected(self, timeout: float) -> bool:
        """Tell whether somebody who takes the images and answers was found in time [s]."""
        deadline = time.monotonic() + timeout
        while not (self._publisher.get_subscription_count() and self.count_publishers(self._subscription.topic_name)):
            self._check()
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def send(self, images: Sequence[np.ndarray], *, rate: float, seconds: float, settle: float = 1.0) -> Answers:
        """Send images, forth and back, at a rate for some time; wait for answers that are still on their way.

        Args:
            images: Images, uint8 (H, W), of one size.
            rate: Images per second.
            seconds: How long.
            settle: Longest wait for an answer after the last image, seconds.
        """
        answers = self._answers = Answers()
        order = [*images, *images[-2:0:-1]]
        messages = [array_to_image(image, Image().header) for image in order]
        start = time.perf_counter()
        for index in range(max(1, round(rate * seconds))):
            time.sleep(max(0.0, start + index / rate - time.perf_counter()))
            message = messages[index % len(messages)]
            stamp = time.time_ns()
            message.header.stamp = time_message(stamp)
            answers.sent[stamp] = time.perf_counter()
            self._publisher.publish(message)
            self._check()
        deadline = time.monotonic() + settle
        while answers.dropped and time.monotonic() < deadline:
            time.sleep(0.01)
        return answers

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        self._thread.join()
        self._executor.shutdown()
        self.destroy_node()


def highest_rate(is_kept_up: Callable[[float], bool], *, lowest: float, highest: float, steps: int = 5) -> float:
    """Find the highest rate that is kept up with, by bisection on the ratio; 0.0 if not even the lowest is.

    >>> round(highest_rate(lambda rate: rate < 20.0, lowest=1.0, highest=64.0, steps=12), 1)
    20.0
    """
    if not is_kept_up(lowest):
        return 0.0
    if is_kept_up(highest):
        return highest
    for _ in range(steps):
        middle = (lowest * highest) ** 0.5
        lowest, highest = (middle, highest) if is_kept_up(middle) else (lowest, middle)
    return lowest
