"""Which topics of images, calibration, depth and point clouds there are, who publishes them, and what arrives."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

from superpoint_ros.core.errors import BackendError
from superpoint_ros.ros.runtime.diagnostics import Problem
from superpoint_ros.ros.runtime.options import camera_info_beside
from superpoint_ros.ros.runtime.spinning import RCLError, describe_init_error
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S, TopicInput
from superpoint_ros.ros.runtime.topic_watch import type_name

NODE_NAME = "superpoint_ros_doctor"
IMAGE_TYPES = {type_name(kind): kind for kind in (Image, CompressedImage)}
# Calibration first: what arrives of it tells how many images there must have been.
TYPES: dict[str, Any] = {type_name(CameraInfo): CameraInfo, **IMAGE_TYPES, type_name(PointCloud2): PointCloud2}
CHECK_PERIOD_S = 1.0


@dataclass(frozen=True)
class SeenTopic:
    """Hold what was seen of a topic.

    Attributes:
        name: Its name.
        type: Type of its messages, "sensor_msgs/msg/Image" for example.
        publishers: Node and reliability of each publisher, in words.
        received: Number of messages that arrived.
        rate: How many arrived in a second; None where it takes more to tell.
        size: Size of the newest message, in words; "" = none has arrived, or it holds no data.
        calibrated: Whether a CameraInfo is published beside these images.
        problems: What is wrong.
    """

    name: str
    type: str
    publishers: tuple[str, ...]
    received: int
    rate: float | None
    size: str
    calibrated: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def is_image(self) -> bool:
        """Return whether these are images."""
        return self.type in IMAGE_TYPES


@dataclass(frozen=True)
class Survey:
    """Hold what was seen of a ROS graph.

    Attributes:
        topics: Topics of the types above that are published.
        others: Number of other topics that are published.
        nodes: Full names of the nodes.
    """

    topics: tuple[SeenTopic, ...]
    others: int
    nodes: tuple[str, ...]


@dataclass
class _Stream:
    """Hold a topic that is listened to, and when its messages arrived."""

    type: str
    input: TopicInput
    arrivals: list[float] = field(default_factory=list)

    def rate(self) -> float | None:
        if len(self.arrivals) < 2:
            return None
        return (len(self.arrivals) - 1) / max(self.arrivals[-1] - self.arrivals[0], 1e-6)


def survey_topics(seconds: float) -> Survey:
    """Listen to every topic of the types above, as the nodes of this package would.

    Subscribing makes drivers send what they otherwise do not, compressed images for example.

    Args:
        seconds: How long; what is silent is said of topics that were listened to for four seconds.

    Raises:
        BackendError: ROS cannot be started.
    """
    context = rclpy.Context()
    try:
        rclpy.init(args=[], context=context)
        node = Node(NODE_NAME, context=context, enable_rosout=False, start_parameter_services=False)
    except RCLError as error:
        raise BackendError(describe_init_error(str(error))) from error
    node.get_logger().set_level(LoggingSeverity.FATAL)
    try:
        streams = _listen(node, seconds)
        return _survey(node, streams)
    finally:
        node.destroy_node()
        rclpy.try_shutdown(context=context)


def _listen(node: Node, seconds: float) -> dict[str, _Stream]:
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    streams: dict[str, _Stream] = {}
    end = time.monotonic() + seconds
    follow = check = 0.0
    while (now := time.monotonic()) < end:
        if now >= follow:
            follow = now + FOLLOW_PERIOD_S
            _add_streams(node, streams)
            for stream in streams.values():
                stream.input.follow_publishers()
        if now >= check:
            check = now + CHECK_PERIOD_S
            for stream in streams.values():
                stream.input.check()
        executor.spin_once(timeout_sec=0.05)
    executor.remove_node(node)
    return streams


def _published(node: Node) -> dict[str, list[str]]:
    """Return the types of every topic that is published, by its name."""
    return {name: types for name, types in node.get_topic_names_and_types() if node.count_publishers(name)}


def _add_streams(node: Node, streams: dict[str, _Stream]) -> None:
    published = _published(node)
    for kind, message_type in TYPES.items():
        for name in [name for name, types in published.items() if kind in types and name not in streams]:
            streams[name] = _add_stream(node, name, kind, message_type, streams)


def _add_stream(node: Node, name: str, kind: str, message_type: type, streams: dict[str, _Stream]) -> _Stream:
    arrivals: list[float] = []
    beside = streams.get(camera_info_beside(name)) if kind in IMAGE_TYPES else None
    found = TopicInput(
        node,
        name,
        message_type,
        lambda _: arrivals.append(time.monotonic()),
        policy="latest",
        latched=message_type is CameraInfo,
        companion=None if beside is None else beside.input,
    )
    found.open()
    return _Stream(kind, found, arrivals)


def _survey(node: Node, streams: dict[str, _Stream]) -> Survey:
    topics = []
    for name, stream in sorted(streams.items()):
        stream.input.check()
        beside = streams.get(camera_info_beside(name))
        topics.append(
            SeenTopic(
                name,
                stream.type,
                tuple(sorted(set(stream.input.publishers()))),
                len(stream.arrivals),
                stream.rate(),
                stream.input.health.size,
                calibrated=beside is not None and beside.type == type_name(CameraInfo),
                problems=tuple(stream.input.problems.values()),
            )
        )
    own = node.get_fully_qualified_name()
    names = {f"{space.rstrip('/')}/{name}" for name, space in node.get_node_names_and_namespaces()} - {own}
    return Survey(tuple(topics), len(_published(node).keys() - streams.keys()), tuple(sorted(names)))
