"""A camera made of a sequence of images: plays them to a frontend node and collects what it makes of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.conversions import array_to_image
from superpoint_ros.ros.qos import output_qos

CAMERA = "camera"
FRAME_ID = "camera_optical_frame"
IMAGE_TOPIC = f"/{CAMERA}/image_raw"
FEATURES_TOPIC = f"/frontend/{CAMERA}/features"
TRACKS_TOPIC = f"/frontend/{CAMERA}/tracks"
STATISTICS_TOPIC = "/frontend/statistics"
SECOND = 1_000_000_000
POLL_S = 0.1


@dataclass
class Exchange:
    """One image and all messages about it.

    Attributes:
        image: uint8 (H, W) or (H, W, 3) BGR.
        stamp: nanoseconds.
        messages: topic: the message, and its bytes as they travelled; complete once the node has answered.
        sent: when, on the monotonic clock, seconds.
    """

    image: np.ndarray
    stamp: int
    messages: dict[str, tuple[Any, bytes]] = field(default_factory=dict)
    sent: float = field(default_factory=time.monotonic)

    def complete(self) -> bool:
        """Whether the node has sent both features and tracks."""
        return {FEATURES_TOPIC, TRACKS_TOPIC} <= self.messages.keys()


class FramePlayer(Node):
    """Publishes images reliably, never more on their way than the node is allowed to owe answers for.

    Args:
        in_flight: images without an answer at a time.
        answer_timeout: seconds after which an image counts as unanswered.

    Attributes:
        sent: images published so far.
    """

    def __init__(self, in_flight: int = 4, answer_timeout: float = 60.0):
        super().__init__("frame_player")
        self.sent = 0
        self._in_flight = in_flight
        self._timeout = answer_timeout
        self._pending: dict[int, Exchange] = {}
        self._statistics: dict[str, str] = {}
        self._images = self.create_publisher(Image, IMAGE_TOPIC, output_qos("every_frame"))
        self._answers = [
            self._subscribe(FeaturesMessage, FEATURES_TOPIC),
            self._subscribe(TracksMessage, TRACKS_TOPIC),
            self.create_subscription(DiagnosticArray, STATISTICS_TOPIC, self._on_statistics, 10),
        ]

    def _subscribe(self, message_type: type, topic: str) -> Subscription:
        def take(data: bytes) -> None:
            message: Any = deserialize_message(data, message_type)
            stamp = message.header.stamp
            if (exchange := self._pending.get(stamp.sec * SECOND + stamp.nanosec)) is not None:
                exchange.messages[topic] = (message, data)

        return self.create_subscription(message_type, topic, take, output_qos("every_frame"), raw=True)

    def wait_for_frontend(self, timeout: float, check: Callable[[], None]) -> bool:
        """Whether a frontend that listens and answers was found in time; `check` is called meanwhile, and may raise."""
        return self._spin_until(self._connected, timeout, check)

    def play(self, frames: Iterable[tuple[np.ndarray, int]], check: Callable[[], None]) -> Iterator[Exchange]:
        """Sends images (uint8 BGR or gray, stamp in ns); yields those answered, in order of their stamps.

        Images whose answer does not come in time are left out. `check` is called while waiting, and may raise.
        """
        for image, stamp in frames:
            self._send(image, stamp)
            yield from self._finished(self._in_flight - 1, check)
        yield from self._finished(0, check)

    def statistics(self, images: int, timeout: float, check: Callable[[], None]) -> dict[str, str]:
        """The node's statistics of the camera, once they account for so many images, or the newest at the timeout."""

        def accounted() -> bool:
            done = sum(int(self._statistics.get(name, 0)) for name in ("processed", "dropped", "skipped"))
            return done >= images

        self._spin_until(accounted, timeout, check)
        return self._statistics

    def _send(self, image: np.ndarray, stamp: int) -> None:
        header = Header(stamp=Time(sec=stamp // SECOND, nanosec=stamp % SECOND), frame_id=FRAME_ID)
        message = array_to_image(image, header)
        data = serialize_message(message)
        self._pending[stamp] = Exchange(image, stamp, {IMAGE_TOPIC: (message, data)})
        self._images.publish(data)
        self.sent += 1

    def _finished(self, allowed: int, check: Callable[[], None]) -> Iterator[Exchange]:
        """Answered images, until at most `allowed` are without an answer."""
        while len(self._pending) > allowed:
            stamp, oldest = next(iter(self._pending.items()))
            left = oldest.sent + self._timeout - time.monotonic()
            answered = self._spin_until(oldest.complete, left, check)
            del self._pending[stamp]
            if answered:
                yield oldest

    def _connected(self) -> bool:
        answering = all(self.count_publishers(answer.topic_name) for answer in self._answers)
        return answering and self._images.get_subscription_count() > 0

    def _spin_until(self, condition: Callable[[], bool], timeout: float, check: Callable[[], None]) -> bool:
        deadline = time.monotonic() + timeout
        while not condition():
            check()
            if time.monotonic() > deadline:
                return False
            rclpy.spin_once(self, timeout_sec=POLL_S)
        return True

    def _on_statistics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._statistics = {pair.key: pair.value for pair in status.values}
