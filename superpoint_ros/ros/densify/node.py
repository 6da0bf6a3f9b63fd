"""The densify node: images and sparse depth in, dense depth with confidence out. A thin shell over Densifier."""

from __future__ import annotations

import logging
import sys
from typing import TypeAlias

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

from superpoint_ros.core.options import flat_values
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.ros.densify.cloud_pose import CloudPose, tf2_lookup
from superpoint_ros.ros.densify.outputs import DensifyOutputs
from superpoint_ros.ros.densify.parameters import (
    DensifyParameters,
    declare_densify_parameters,
    parse_densify_parameters,
)
from superpoint_ros.ros.densify.sparse_depth_reader import SparseDepthReader
from superpoint_ros.ros.messages.images import InputError, message_to_array
from superpoint_ros.ros.messages.stamps import SECOND, nanoseconds
from superpoint_ros.ros.runtime.guard import Guard
from superpoint_ros.ros.runtime.logs import NodeLogHandler, ThrottledWarnings
from superpoint_ros.ros.runtime.paired_inputs import Input, PairedInputs
from superpoint_ros.ros.runtime.parameters import follow_changes
from superpoint_ros.ros.runtime.program import run_node
from superpoint_ros.ros.runtime.scheduling import POLICIES, FrameQueue, Worker
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S, TopicInput

NODE_NAME = "densify"
STATISTICS_PERIOD_S = 1.0
IMAGE_TYPES = {"raw": Image, "compressed": CompressedImage}
SPARSE_TYPES = {"depth_image": Image, "point_cloud": PointCloud2, "feature_cloud": PointCloud2}

ImageMessage: TypeAlias = Image | CompressedImage
SparseMessage: TypeAlias = Image | PointCloud2
Pair: TypeAlias = tuple[ImageMessage, SparseMessage]


class DensifyNode(Node):
    """Callbacks pair images with sparse depth by stamp and queue the pairs; one worker densifies.

    Raises:
        SuperPointRosError: weights, backend, device or a parameter that cannot be used.
        rclpy.exceptions.ParameterException: a parameter of the wrong type or out of its declared range.
    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        logging.getLogger("superpoint_ros").addHandler(NodeLogHandler(self.get_logger()))
        logging.getLogger("superpoint_ros").setLevel(logging.INFO)
        config = self._config = declare_densify_parameters(self)
        self._densifier = Densifier(**flat_values(config.network), options=config.densifier)
        self._queue: FrameQueue[Pair] = POLICIES[config.policy]()
        self._outputs = DensifyOutputs(self, config.policy)
        self._warnings = ThrottledWarnings(self.get_logger())
        self._camera_info: CameraInfo | None = None
        self._published_at: int | None = None
        self._inputs = self._subscribe()
        self._statistics, sparse_statistics = self._inputs.statistics
        from_tf = config.source != "depth_image" and config.T_camera_cloud is None
        pose = CloudPose(config.T_camera_cloud, tf2_lookup(self) if from_tf else None)
        self._reader = SparseDepthReader(config, pose, sparse_statistics, self._warnings)
        self._guarded = Guard(self, self._statistics, self._warnings, config.image_topic, "image")
        self._report_publisher = self.create_publisher(DiagnosticArray, "~/statistics", 10)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATISTICS_PERIOD_S, self._report, clock=clock)
        self.create_timer(FOLLOW_PERIOD_S, self._follow_publishers, clock=clock)
        follow_changes(self, parse_densify_parameters, self._set_config)
        self._worker = Worker(self._queue, self._process)
        self._worker.start()
        self.get_logger().info(
            f"ready: densifier on {self._densifier.device}, {config.policy} of {config.image_topic} with "
            f"{config.sparse_topic}"
        )

    def _subscribe(self) -> PairedInputs:
        config = self._config
        self._camera_info_input = TopicInput(
            self,
            config.camera_info_topic,
            CameraInfo,
            self._on_camera_info,
            policy="latest",
            latched=True,
            needed=config.source == "point_cloud",
        )
        image = Input("image", config.image_topic, IMAGE_TYPES[config.transport])
        sparse = Input("sparse depth", config.sparse_topic, SPARSE_TYPES[config.source])
        return PairedInputs(
            self, (image, sparse), config.policy, config.slop, config.queue_size, self._enqueue, self._warnings
        )

    def _follow_publishers(self) -> None:
        for one in (self._camera_info_input, *self._inputs.topic_inputs):
            one.follow_publishers()

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._camera_info = message

    def _enqueue(self, image: ImageMessage, sparse: SparseMessage) -> None:
        if self._is_due(nanoseconds(image.header.stamp)):
            self._statistics.count("dropped", self._queue.put("pair", (image, sparse)))

    def _is_due(self, stamp: int) -> bool:
        """Whether max_rate lets this image through; time that went backward begins anew."""
        last, rate = self._published_at, self._config.max_rate
        if rate > 0.0 and last is not None and 0 <= stamp - last < SECOND / rate:
            self._statistics.count("rate_limited")
            return False
        self._published_at = stamp
        return True

    def _set_config(self, config: DensifyParameters) -> None:
        self._config = config

    def _process(self, batch: list[tuple[str, Pair]]) -> None:
        for _, pair in batch:
            with self._guarded():
                self._densify(*pair)

    def _densify(self, image: ImageMessage, message: SparseMessage) -> None:
        config, camera_info = self._config, self._camera_info
        with self._statistics.timed("convert"):
            bgr = message_to_array(image, "bgr8")
            sparse = self._reader.read(message, image.header, bgr.shape[:2], camera_info)
        if not np.isfinite(sparse).any() and config.on_empty_input == "skip":
            raise InputError("no samples", "the sparse depth holds no sample that can be used")
        self._densifier.options = config.densifier
        with self._statistics.timed("network"):
            dense = self._densifier.densify(bgr, sparse, color="bgr")
        with self._statistics.timed("publish"):
            self._outputs.publish(bgr, dense, image.header, camera_info, config)
        self._statistics.count("processed")

    def _report(self) -> None:
        report = DiagnosticArray(status=self._inputs.report({"device": self._densifier.device}))
        report.header.stamp = self.get_clock().now().to_msg()
        self._report_publisher.publish(report)

    def stop(self) -> None:
        """Finishes the pair in progress; says so where pairs were left waiting."""
        if waiting := self._worker.stop():
            self.get_logger().warning(f"stopped with {waiting} pairs not processed")


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 where it cannot start."""
    return run_node(DensifyNode, NODE_NAME, args)


if __name__ == "__main__":
    sys.exit(main())
