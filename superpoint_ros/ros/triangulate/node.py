"""The triangulate node: two cameras' features in, matches and sparse depth out. A thin shell over stereo_depth."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import TypeAlias

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.stereo import StereoDepth, stereo_depth
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.features import message_to_features
from superpoint_ros.ros.messages.images import InputError
from superpoint_ros.ros.runtime.guard import Guard
from superpoint_ros.ros.runtime.logs import NodeLogHandler, ThrottledWarnings
from superpoint_ros.ros.runtime.paired_inputs import Input, PairedInputs
from superpoint_ros.ros.runtime.parameters import follow_changes
from superpoint_ros.ros.runtime.program import run_node
from superpoint_ros.ros.runtime.scheduling import POLICIES, FrameQueue, Worker
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S, TopicInput
from superpoint_ros.ros.triangulate.calibration import StereoCalibration
from superpoint_ros.ros.triangulate.outputs import TriangulateOutputs
from superpoint_ros.ros.triangulate.parameters import (
    TriangulateParameters,
    declare_triangulate_parameters,
    parse_triangulate_parameters,
)

NODE_NAME = "triangulate"
STATISTICS_PERIOD_S = 1.0

Pair: TypeAlias = tuple[Features, Features]


class TriangulateNode(Node):
    """Callbacks pair the two cameras' features by stamp and queue the pairs; one worker matches and triangulates.

    Raises:
        SuperPointRosError: a parameter that cannot be used.
        rclpy.exceptions.ParameterException: a parameter of the wrong type or out of its declared range.
    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        logging.getLogger("superpoint_ros").addHandler(NodeLogHandler(self.get_logger()))
        logging.getLogger("superpoint_ros").setLevel(logging.INFO)
        config = self._config = declare_triangulate_parameters(self)
        self._calibration = StereoCalibration(config.camera_info_topics, config.T_left_right)
        self._queue: FrameQueue[Pair] = POLICIES[config.policy]()
        self._outputs = TriangulateOutputs(self, config.policy)
        self._warnings = ThrottledWarnings(self.get_logger())
        self._inputs = self._subscribe()
        self._statistics = self._inputs.statistics[0]
        self._guarded = Guard(self, self._statistics, self._warnings, config.features_topics[0], "pair")
        self._report_publisher = self.create_publisher(DiagnosticArray, "~/statistics", 10)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATISTICS_PERIOD_S, self._report, clock=clock)
        self.create_timer(FOLLOW_PERIOD_S, self._follow_publishers, clock=clock)
        follow_changes(self, parse_triangulate_parameters, self._set_config)
        self._worker = Worker(self._queue, self._process)
        self._worker.start()
        self.get_logger().info(f"ready: {config.policy} of {' with '.join(config.features_topics)}")

    def _subscribe(self) -> PairedInputs:
        config = self._config
        self._camera_info_inputs = [
            TopicInput(self, topic, CameraInfo, partial(self._calibration.set, side), policy="latest", latched=True)
            for side, topic in enumerate(config.camera_info_topics)
        ]
        left, right = (
            Input(name, topic, Features) for name, topic in zip(("left", "right"), config.features_topics, strict=True)
        )
        return PairedInputs(
            self, (left, right), config.policy, config.slop, config.queue_size, self._enqueue, self._warnings
        )

    def _follow_publishers(self) -> None:
        for one in (*self._camera_info_inputs, *self._inputs.topic_inputs):
            one.follow_publishers()

    def _enqueue(self, left: Features, right: Features) -> None:
        self._statistics.count("dropped", self._queue.put("pair", (left, right)))

    def _set_config(self, config: TriangulateParameters) -> None:
        self._config = config

    def _process(self, batch: list[tuple[str, Pair]]) -> None:
        for _, pair in batch:
            with self._guarded():
                self._triangulate(*pair)

    def _triangulate(self, left: Features, right: Features) -> None:
        statistics = self._statistics
        with statistics.timed("convert"):
            _check_comparable(left, right)
            features0, features1 = message_to_features(left), message_to_features(right)
            rig, info = self._calibration.rig(left, right)
        with statistics.timed("match"):
            stereo = stereo_depth(features0, features1, rig, self._config.options)
        self._count(stereo, len(features0), len(features1))
        with statistics.timed("publish"):
            self._outputs.publish(left, right, stereo, rig.camera0, info)
        statistics.count("processed")

    def _count(self, stereo: StereoDepth, *keypoints: int) -> None:
        self._statistics.count("depths", len(stereo.depth))
        if len(stereo.depth) > 0:
            return
        self._statistics.count("without_depth")
        text = f"no depth from {keypoints[0]} and {keypoints[1]} keypoints"
        if stereo.candidates:
            text += (
                f": {stereo.candidates} match, but none of them fits the cameras' pose and the limits of depth; "
                "are left and right exchanged, or is the calibration that of other cameras?"
            )
        self._warnings.warn(self._config.features_topics[0], "no depth", text)

    def _report(self) -> None:
        report = DiagnosticArray()
        report.header.stamp = self.get_clock().now().to_msg()
        report.status = self._inputs.report({"waiting": str(len(self._queue))})
        self._report_publisher.publish(report)

    def stop(self) -> None:
        """Finishes the pair in progress; says so where pairs were left waiting."""
        if waiting := self._worker.stop():
            self.get_logger().warning(f"stopped with {waiting} pairs not processed")


def _check_comparable(left: Features, right: Features) -> None:
    weights, sizes = (left.weights_sha256, right.weights_sha256), (left.descriptor_size, right.descriptor_size)
    if weights[0] != weights[1] or sizes[0] != sizes[1]:
        models = " and ".join(
            f"{message.model or 'unknown'} (sha256 {message.weights_sha256[:8] or 'none'}, "
            f"{message.descriptor_size} values)"
            for message in (left, right)
        )
        raise InputError("weights", f"descriptors of {models} cannot be compared; both need the same weights")


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 where it cannot start."""
    return run_node(TriangulateNode, NODE_NAME, args)


if __name__ == "__main__":
    sys.exit(main())
