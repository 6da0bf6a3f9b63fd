"""The densify node: images and sparse depth in, dense depth with confidence out. A thin shell over Densifier."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

from superpoint_ros.core.errors import CalibrationError, ImageError, ParameterError
from superpoint_ros.core.geometry import transform
from superpoint_ros.core.pairing import Pairing
from superpoint_ros.core.sparse_depth import clean_sparse_depth, sparse_depth_from_cloud, unit_warning
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.ros.conversions import ImageMessageError, camera_info_to_camera, message_to_array
from superpoint_ros.ros.densify_outputs import DensifyOutputs
from superpoint_ros.ros.densify_parameters import SOURCES, declare_densify_parameters, parse_densify_parameters
from superpoint_ros.ros.depth_conversions import depth_image_to_array, point_cloud_to_array, scaled_camera_info
from superpoint_ros.ros.logs import NodeLogHandler, ThrottledWarnings
from superpoint_ros.ros.parameters import TRANSPORTS
from superpoint_ros.ros.program import run_node
from superpoint_ros.ros.qos import input_qos, loss_events, overridable
from superpoint_ros.ros.scheduling import POLICIES, FrameQueue, Worker
from superpoint_ros.ros.statistics import CameraStatistics, diagnostic_status
from superpoint_ros.ros.topic_watch import TopicWatch

NODE_NAME = "densify"
IMAGE_TYPES = {"raw": Image, "compressed": CompressedImage}
SPARSE_TYPES = {"depth_image": Image, "point_cloud": PointCloud2}
STATISTICS_PERIOD_S = 1.0
SECOND = 1_000_000_000

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
        self._densifier = Densifier(**config.densifier)
        self._pairing: Pairing[ImageMessage, SparseMessage] = Pairing(config.slop, config.queue_size)
        self._queue: FrameQueue[Pair] = POLICIES[config.policy]()
        self._outputs = DensifyOutputs(self, config.policy)
        self._statistics = {"image": CameraStatistics(), "sparse depth": CameraStatistics()}
        self._warnings = ThrottledWarnings(self.get_logger())
        self._camera_info: CameraInfo | None = None
        self._published_at: int | None = None
        self._missed = [0, 0]
        self._watches = self._subscribe()
        self._report_publisher = self.create_publisher(DiagnosticArray, "~/statistics", 10)
        self.create_timer(STATISTICS_PERIOD_S, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self._worker = Worker(self._queue, self._process)
        self._worker.start()
        self.get_logger().info(
            f"ready: densifier on {self._densifier.device}, {config.policy} of {config.image_topic} with "
            f"{config.sparse_topic}"
        )

    def _subscribe(self) -> dict[str, TopicWatch]:
        config, watches = self._config, {}
        inputs = {
            "image": (IMAGE_TYPES[config.transport], config.image_topic, self._on_image, TRANSPORTS[config.transport]),
            "sparse depth": (SPARSE_TYPES[config.source], config.sparse_topic, self._on_sparse, SOURCES[config.source]),
        }
        for name, (message_type, topic, callback, type_name) in inputs.items():
            subscription = self.create_subscription(
                message_type,
                topic,
                callback,
                input_qos(config.policy),
                event_callbacks=loss_events(partial(self._statistics[name].count, "lost")),
                qos_overriding_options=overridable(),
            )
            watches[name] = TopicWatch(self, subscription, type_name)
        qos = input_qos("latest")
        self.create_subscription(
            CameraInfo, config.camera_info_topic, self._on_camera_info, qos, qos_overriding_options=overridable()
        )
        return watches

    def _on_image(self, message: ImageMessage) -> None:
        self._statistics["image"].count("received")
        self._enqueue(self._pairing.put_first(_nanoseconds(message.header.stamp), message))

    def _on_sparse(self, message: SparseMessage) -> None:
        self._statistics["sparse depth"].count("received")
        self._enqueue(self._pairing.put_second(_nanoseconds(message.header.stamp), message))

    def _enqueue(self, pair: Pair | None) -> None:
        if pair is not None and self._is_due(_nanoseconds(pair[0].header.stamp)):
            self._statistics["image"].count("dropped", self._queue.put("pair", pair))

    def _is_due(self, stamp: int) -> bool:
        """Whether max_rate lets this image through; time that went backward begins anew."""
        last, rate = self._published_at, self._config.max_rate
        if rate > 0.0 and last is not None and 0 <= stamp - last < SECOND / rate:
            self._statistics["image"].count("rate_limited")
            return False
        self._published_at = stamp
        return True

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._camera_info = message

    def _on_set_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        values = {name: parameter.value for name, parameter in self.get_parameters_by_prefix("").items()}
        try:
            self._config = parse_densify_parameters(values | {change.name: change.value for change in changes})
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _process(self, batch: list[tuple[str, Pair]]) -> None:
        for _, (image, sparse) in batch:
            with self._guarded():
                self._densify(image, sparse)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What goes wrong with one pair is logged and counted, and ends there."""
        try:
            yield
        except (ImageError, CalibrationError) as error:
            self._skip(getattr(error, "reason", "image"), str(error))
        except Exception as error:
            if self.context.ok():
                self._skip("internal error", f"{type(error).__name__}: {error}")
                self.get_logger().error(traceback.format_exc())

    def _skip(self, reason: str, text: str) -> None:
        self._statistics["image"].skip(reason)
        self._warnings.warn(self._config.image_topic, reason, f"image skipped [{reason}]: {text}")

    def _densify(self, image: ImageMessage, sparse_message: SparseMessage) -> None:
        config, statistics, camera_info = self._config, self._statistics["image"], self._camera_info
        with statistics.timed("convert"):
            bgr = message_to_array(image, "bgr8")
            sparse = self._sparse_depth(sparse_message, bgr.shape[:2], camera_info)
        if not np.isfinite(sparse).any() and config.without_samples == "skip":
            raise ImageMessageError("no samples", "the sparse depth holds no sample that can be used")
        with statistics.timed("network"):
            dense = self._densifier.densify(bgr, sparse, color="bgr")
        with statistics.timed("publish"):
            self._outputs.publish(bgr, dense, image.header, camera_info, config)
        statistics.count("processed")

    def _sparse_depth(
        self, message: SparseMessage, size: tuple[int, int], camera_info: CameraInfo | None
    ) -> np.ndarray:
        """Clean sparse depth (H, W) of the image's size; what is odd about it is said."""
        if isinstance(message, PointCloud2):
            return self._project(message, size, camera_info)
        sparse, dropped = clean_sparse_depth(depth_image_to_array(message))
        if sparse.shape != size:
            text = f"sparse depth of (height, width) {sparse.shape} for an image of {size}; they must be equal"
            raise ImageMessageError("size", text)
        if dropped:
            self._statistics["sparse depth"].count("samples_dropped", dropped)
            self._warnings.warn(self._config.sparse_topic, "samples", f"{dropped} negative or infinite samples dropped")
        if np.isfinite(sparse).any() and (warning := unit_warning(float(np.nanmedian(sparse)))):
            self._warnings.warn(self._config.sparse_topic, "unit", warning)
        return sparse

    def _project(self, message: PointCloud2, size: tuple[int, int], camera_info: CameraInfo | None) -> np.ndarray:
        if camera_info is None:
            text = f"waiting for CameraInfo on {self._config.camera_info_topic}, without which points have no pixels"
            raise ImageMessageError("no CameraInfo", text)
        scaled = scaled_camera_info(camera_info, size, camera_info.header)
        camera = camera_info_to_camera(scaled, self._config.rectified)
        if camera is None:
            raise ImageMessageError("no CameraInfo", f"CameraInfo on {self._config.camera_info_topic} is uncalibrated")
        points = transform(point_cloud_to_array(message), self._config.T_camera_cloud)
        return sparse_depth_from_cloud(points, camera)

    def _report(self) -> None:
        self._warn_of_misses()
        report = DiagnosticArray()
        report.header.stamp = self.get_clock().now().to_msg()
        topics = {"image": self._config.image_topic, "sparse depth": self._config.sparse_topic}
        for (name, topic), missed in zip(topics.items(), self._pairing.missed, strict=True):
            statistics = self._statistics[name]
            problem = self._watches[name].check(statistics["received"])
            values = statistics.values() | {"without_partner": str(missed), "device": self._densifier.device}
            report.status.append(diagnostic_status(f"{self.get_name()}: {name}", topic, problem, values))
        self._report_publisher.publish(report)

    def _warn_of_misses(self) -> None:
        missed, self._missed = self._missed, list(self._pairing.missed)
        images, sparse = (now - before for now, before in zip(self._missed, missed, strict=True))
        if images or sparse:
            received = [statistics["received"] for statistics in self._statistics.values()]
            text = (
                f"{images} images and {sparse} sparse depths found no partner within {self._config.slop / SECOND:g} s "
                f"in the last second; received so far: {received[0]} and {received[1]}"
            )
            self._warnings.warn(self._config.image_topic, "pairing", text)

    def stop(self) -> None:
        """Finishes the pair in progress; says so where pairs were left waiting."""
        if waiting := self._worker.stop():
            self.get_logger().warning(f"stopped with {waiting} pairs not processed")


def _nanoseconds(stamp: Time) -> int:
    return stamp.sec * SECOND + stamp.nanosec


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 where it cannot start."""
    return run_node(DensifyNode, NODE_NAME, args)


if __name__ == "__main__":
    sys.exit(main())
