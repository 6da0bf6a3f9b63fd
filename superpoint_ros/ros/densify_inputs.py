"""What the densify node hears: images and sparse depth, paired by stamp, and the newest CameraInfo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

from superpoint_ros.core.pairing import Pairing
from superpoint_ros.ros.densify_parameters import SOURCES, DensifyParameters
from superpoint_ros.ros.logs import ThrottledWarnings
from superpoint_ros.ros.parameters import TRANSPORTS
from superpoint_ros.ros.qos import input_qos, loss_events, overridable
from superpoint_ros.ros.statistics import CameraStatistics, diagnostic_status
from superpoint_ros.ros.topic_watch import TopicWatch

MESSAGE_TYPES = {
    "sensor_msgs/msg/Image": Image,
    "sensor_msgs/msg/CompressedImage": CompressedImage,
    "sensor_msgs/msg/PointCloud2": PointCloud2,
}
SECOND = 1_000_000_000

ImageMessage: TypeAlias = Image | CompressedImage
SparseMessage: TypeAlias = Image | PointCloud2
Pair: TypeAlias = tuple[ImageMessage, SparseMessage]


class DensifyInputs:
    """Subscribes to the topics, pairs by stamp, counts what comes and what finds no partner.

    Args:
        node: owns the subscriptions.
        config: topics, types, slop and queue size.
        warnings: where misses are said.
        on_pair: called with every pair, in the thread that spins the node.

    Attributes:
        statistics: of "image" and of "sparse depth".
        camera_info: the newest one; None before the first.
    """

    def __init__(
        self, node: Node, config: DensifyParameters, warnings: ThrottledWarnings, on_pair: Callable[[Pair], None]
    ):
        self._node, self._warnings, self._on_pair = node, warnings, on_pair
        self._slop = config.slop
        self._pairing: Pairing[ImageMessage, SparseMessage] = Pairing(config.slop, config.queue_size)
        self._reported = {"missed": [0, 0], "received": [0, 0]}
        self._topics = {"image": config.image_topic, "sparse depth": config.sparse_topic}
        self.statistics = {name: CameraStatistics() for name in self._topics}
        self.camera_info: CameraInfo | None = None
        self._watches = {
            "image": self._subscribe("image", TRANSPORTS[config.transport], self._on_image, config.policy),
            "sparse depth": self._subscribe("sparse depth", SOURCES[config.source], self._on_sparse, config.policy),
        }
        qos, overriding = input_qos("latest"), overridable()
        node.create_subscription(
            CameraInfo, config.camera_info_topic, self._on_camera_info, qos, qos_overriding_options=overriding
        )

    def _subscribe(self, name: str, type_name: str, callback: Callable, policy: str) -> TopicWatch:
        subscription = self._node.create_subscription(
            MESSAGE_TYPES[type_name],
            self._topics[name],
            callback,
            input_qos(policy),
            event_callbacks=loss_events(partial(self.statistics[name].count, "lost")),
            qos_overriding_options=overridable(),
        )
        return TopicWatch(self._node, subscription, type_name)

    def _on_image(self, message: ImageMessage) -> None:
        self.statistics["image"].count("received")
        self._pass_on(self._pairing.put_first(nanoseconds(message.header.stamp), message))

    def _on_sparse(self, message: SparseMessage) -> None:
        self.statistics["sparse depth"].count("received")
        self._pass_on(self._pairing.put_second(nanoseconds(message.header.stamp), message))

    def _pass_on(self, pair: Pair | None) -> None:
        if pair is not None:
            self._on_pair(pair)

    def _on_camera_info(self, message: CameraInfo) -> None:
        self.camera_info = message

    def report(self, values: dict[str, str]) -> list[DiagnosticStatus]:
        """To be called once a second: a line of diagnostics per input, with `values` in each; misses are warned of."""
        self._warn_of_misses()
        lines = []
        for (name, topic), missed in zip(self._topics.items(), self._pairing.missed, strict=True):
            statistics = self.statistics[name]
            problem = self._watches[name].check(statistics["received"])
            counts = statistics.values() | {"without_partner": str(missed)} | values
            lines.append(diagnostic_status(f"{self._node.get_name()}: {name}", topic, problem, counts))
        return lines

    def _warn_of_misses(self) -> None:
        missed = self._since_last_report("missed", self._pairing.missed)
        received = self._since_last_report("received", [one["received"] for one in self.statistics.values()])
        if any(missed):
            text = (
                f"{missed[0]} images and {missed[1]} sparse depths found no partner within {self._slop / SECOND:g} s "
                f"in the last second, in which {received[0]} images and {received[1]} sparse depths came"
            )
            self._warnings.warn(self._topics["image"], "pairing", text)

    def _since_last_report(self, name: str, counts: list[int]) -> list[int]:
        before, self._reported[name] = self._reported[name], list(counts)
        return [now - then for now, then in zip(counts, before, strict=True)]


def nanoseconds(stamp: Time) -> int:
    """A message's stamp as one number."""
    return stamp.sec * SECOND + stamp.nanosec
