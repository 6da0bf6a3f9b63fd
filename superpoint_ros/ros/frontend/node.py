"""The frontend node: camera images in, features and tracks out. A thin shell over Extractor and Tracker."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from typing import TypeAlias

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from superpoint_ros.core.options import flat_values
from superpoint_ros.core.types import Features
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.ros.frontend.camera_channel import CameraChannel
from superpoint_ros.ros.frontend.parameters import (
    CameraParameters,
    FrontendParameters,
    declare_parameters,
    parse_parameters,
)
from superpoint_ros.ros.runtime.diagnostics import diagnostic_status
from superpoint_ros.ros.runtime.logs import NodeLogHandler
from superpoint_ros.ros.runtime.parameters import follow_changes
from superpoint_ros.ros.runtime.program import run_node
from superpoint_ros.ros.runtime.scheduling import POLICIES, FrameQueue, Worker
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S, TopicInput

NODE_NAME = "frontend"
MESSAGE_TYPES = {"raw": Image, "compressed": CompressedImage}
STATISTICS_PERIOD_S = 1.0

ImageMessage: TypeAlias = Image | CompressedImage
Converted: TypeAlias = tuple[CameraChannel, ImageMessage, np.ndarray]


class FrontendNode(Node):
    """Callbacks put images into a queue; one worker takes what is ready from all cameras as one batch.

    Raises:
        SuperPointRosError: weights, model, backend, device or a parameter that cannot be used.
        rclpy.exceptions.ParameterException: a parameter of the wrong type or out of its declared range.
    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        logging.getLogger("superpoint_ros").addHandler(NodeLogHandler(self.get_logger()))
        logging.getLogger("superpoint_ros").setLevel(logging.INFO)
        self._config = declare_parameters(self)
        self._extractor = Extractor(**flat_values(self._config.network))
        self._applied: FrontendParameters | None = None
        self._queue: FrameQueue[ImageMessage] = POLICIES[self._config.policy]()
        self._channels: dict[str, CameraChannel] = {}
        self._held_back: dict[str, deque[ImageMessage]] = {}
        self._inputs: dict[str, tuple[TopicInput, TopicInput]] = {}
        for camera in self._config.cameras:
            self._add_camera(camera)
        self._statistics = self.create_publisher(DiagnosticArray, "~/statistics", 10)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATISTICS_PERIOD_S, self._report, clock=clock)
        self.create_timer(FOLLOW_PERIOD_S, self._follow_publishers, clock=clock)
        follow_changes(self, parse_parameters, self._set_config)
        self._worker = Worker(self._queue, self._process)
        self._worker.start()
        topics = ", ".join(camera.topic for camera in self._config.cameras)
        extractor = self._extractor
        self.get_logger().info(f"ready: {extractor.name} on {extractor.device}, {self._config.policy} of {topics}")

    def _add_camera(self, camera: CameraParameters) -> None:
        policy = self._config.policy
        facts = {"model": self._extractor.name, "weights_sha256": self._extractor.weights_sha256}
        channel = CameraChannel(self, camera, policy, self._config.overlay, facts)
        self._channels[camera.name] = channel
        self._held_back[camera.name] = deque(maxlen=1 if policy == "latest" else None)
        camera_info = TopicInput(
            self,
            camera.camera_info_topic,
            CameraInfo,
            lambda message: self._on_camera_info(channel, message),
            policy="latest",
            latched=True,
            needed=camera.wait_for_camera_info,
        )
        images = TopicInput(
            self,
            camera.topic,
            MESSAGE_TYPES[camera.transport],
            lambda message: self._on_image(channel, message),
            policy=policy,
            companion=camera_info,
            statistics=channel.statistics,
        )
        self._inputs[camera.name] = (images, camera_info)

    def _follow_publishers(self) -> None:
        for inputs in self._inputs.values():
            for one in inputs:
                one.follow_publishers()

    def _on_image(self, channel: CameraChannel, message: ImageMessage) -> None:
        if channel.parameters.wait_for_camera_info and channel.camera is None:
            self._held_back[channel.parameters.name].append(message)
            return
        channel.statistics.count("dropped", self._queue.put(channel.parameters.name, message))

    def _on_camera_info(self, channel: CameraChannel, message: CameraInfo) -> None:
        channel.set_camera_info(message)
        held_back = self._held_back[channel.parameters.name]
        while channel.camera is not None and held_back:
            self._queue.put(channel.parameters.name, held_back.popleft())

    def _set_config(self, config: FrontendParameters) -> None:
        self._config = config

    def _apply_parameters(self) -> None:
        config = self._config
        if config is self._applied:
            return
        self._extractor.options = config.decoding
        for channel in self._channels.values():
            channel.set_tracker_options(config.tracker)
        self._applied = config

    def _process(self, batch: list[tuple[str, ImageMessage]]) -> None:
        self._apply_parameters()
        converted: list[Converted] = []
        for name, message in batch:
            channel = self._channels[name]
            with channel.guarded():
                converted.append((channel, message, channel.convert(message)))
        self._finish(converted)

    def _finish(self, converted: list[Converted]) -> None:
        try:
            batch = self._extract(converted)
        except Exception:
            self._finish_alone(converted)
            return
        for (channel, message, _), features in zip(converted, batch, strict=True):
            with channel.guarded():
                channel.finish(message, features)

    def _finish_alone(self, converted: list[Converted]) -> None:
        """After a batch has failed: no camera pays for another one's image."""
        for channel, message, image in converted:
            with channel.guarded():
                channel.finish(message, self._extract([(channel, message, image)])[0])

    def _extract(self, converted: list[Converted]) -> list[Features]:
        start = time.perf_counter()
        features = self._extractor.extract([image for _, _, image in converted])
        for channel, _, _ in converted:
            channel.statistics.add_time("network", time.perf_counter() - start)
        return features

    def _report(self) -> None:
        report = DiagnosticArray()
        report.header.stamp = self.get_clock().now().to_msg()
        for name, channel in self._channels.items():
            problem = "; ".join(filter(None, [one.check() for one in self._inputs[name]]))
            values = channel.statistics.values() | {"waiting": str(len(self._queue)), "device": self._extractor.device}
            title = f"{self.get_name()}: {name}"
            report.status.append(diagnostic_status(title, channel.parameters.topic, problem, values))
        self._statistics.publish(report)

    def stop(self) -> None:
        """Finishes the batch in progress; says so where images were left waiting."""
        waiting = self._worker.stop()
        if waiting:
            self.get_logger().warning(f"stopped with {waiting} images not processed")


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 where it cannot start."""
    return run_node(FrontendNode, NODE_NAME, args)


if __name__ == "__main__":
    sys.exit(main())
