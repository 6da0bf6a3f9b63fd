"""Where an algorithm runs as a node: what every node of this package is made of beside its algorithm.

Callbacks put what arrives into a queue; one worker thread takes it from there as the policy says. Around them: inputs
whose QoS follows the publishers, parameters that can be changed, statistics, warnings, a log, and a clean end.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from superpoint_ros.ros.runtime.logs import LogForwarding
from superpoint_ros.ros.runtime.parameters import declare_parameters, follow_changes, undeclared_parameters
from superpoint_ros.ros.runtime.pipeline import Item, Parameters, Pipeline, Stream, TransformLookup
from superpoint_ros.ros.runtime.qos import output_publisher
from superpoint_ros.ros.runtime.scheduling import FrameQueue, LatestQueue, Worker
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S, TopicInput, resolve_topic
from superpoint_ros.ros.runtime.transforms import tf2_lookup

STATISTICS_PERIOD_S = 1.0
# A batch that takes longer than this is not waited for at the end.
FINISH_S = 1.0


class WorkerNode(Node, Pipeline[Parameters, Item]):
    """Run an algorithm as a node of a live ROS graph.

    Changed parameters are taken by the worker before its next batch.

    Raises:
        SuperPointRosError: A parameter, weights, a backend or a device that cannot be used.
        rclpy.exceptions.ParameterException: A parameter of the wrong type or out of its declared range.
    """

    def __init__(self) -> None:
        super().__init__(self.schema.node)
        self._log = LogForwarding(self.get_logger())
        try:
            self._prepare()
        except BaseException:
            self._log.close()
            raise

    def _prepare(self) -> None:
        self.warnings = ThrottledWarnings(self.get_logger())
        self.parameters = self._wanted = declare_parameters(self, self.schema)
        self._has_namesakes = False
        self._inputs: list[TopicInput] = []
        self._streams: dict[str, Stream] = {}
        self._queue: FrameQueue[Item] = self.make_queue(self._count_dropped)
        self._worker = Worker(self._queue, self._work)
        self._background: list[Worker[Any]] = []
        ready = self.set_up()
        follow_changes(self, self.schema, self._set_wanted)
        self._statistics_publisher = self.create_publisher(DiagnosticArray, "~/statistics", 10)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATISTICS_PERIOD_S, self._report, clock=clock)
        self.create_timer(FOLLOW_PERIOD_S, self._follow_publishers, clock=clock)
        if undeclared := undeclared_parameters(self):
            self.get_logger().warning(f"no parameter of this node: {', '.join(undeclared)}")
        self._worker.start()
        self.get_logger().info(f"ready: {ready}")

    def resolve_topic(self, topic: str) -> str:
        """Return a topic's name with namespace and remapping applied.

        Raises:
            ParameterError: It is no name of a topic.
        """
        return resolve_topic(self, topic)

    def add_input(
        self, topic: str, message_type: type, on_message: Callable[[Any], None], **options: Any
    ) -> TopicInput:
        """Subscribe to a topic, see TopicInput."""
        made = TopicInput(self, topic, message_type, on_message, **{"policy": self.parameters.policy} | options)
        self._inputs.append(made)
        return made

    def add_output(self, message_type: type, name: str) -> Any:
        """Create a publisher on ~/name with the policy's QoS."""
        return output_publisher(self, message_type, name, self.parameters.policy)

    def transforms(self) -> TransformLookup | None:
        """Listen to tf2 where it is installed."""
        return tf2_lookup(self)

    def add_stream(self, stream: Stream) -> Stream:
        """Make a stream known, whose items are to be queued."""
        self._streams[stream.name] = stream
        return stream

    def run_in_background(self, queue: FrameQueue[Any], process: Callable[[list[tuple[str, Any]]], None]) -> None:
        """Process the batches of another queue in a thread of its own, from now until the node stops."""

        def work(batch: list[tuple[str, Any]]) -> None:
            self._log.adopt_thread()
            try:
                process(batch)
            except Exception as error:
                self._warn_of_failure("batch in the background not finished", error)

        self._background.append(Worker(queue, work))
        self._background[-1].start()

    def process_alone(self) -> None:
        """From now on have each item processed alone, where a batch is no faster; cameras share the worker's time."""
        if isinstance(self._queue, LatestQueue):
            self._queue.together = False

    def enqueue(self, stream: Stream, item: Item) -> None:
        """Queue an item for the worker."""
        self._queue.put(stream.name, item)

    def _count_dropped(self, name: str, cause: str) -> None:
        self._streams[name].statistics.drop(cause)

    def is_running(self) -> bool:
        """Tell whether ROS has not been shut down."""
        return bool(self.context.ok())

    def log_error(self, text: str) -> None:
        """Log an error."""
        self.get_logger().error(text)

    def _set_wanted(self, parameters: Parameters) -> None:
        self._wanted = parameters

    def _work(self, batch: list[tuple[str, Item]]) -> None:
        self._log.adopt_thread()
        try:
            if self._wanted is not self.parameters:
                self.parameters = self._wanted
                self.apply(self.parameters)
        except Exception as error:
            self._warn_of_failure("changed parameters not applied", error)
        try:
            self.process([(self._streams[name], item) for name, item in batch])
        except Exception as error:
            self._warn_of_failure(f"batch of {len(batch)} not finished", error)

    def _warn_of_failure(self, what: str, error: Exception) -> None:
        if self.is_running() and self.warnings.warn(self.get_name(), what, f"{what}: {type(error).__name__}: {error}"):
            self.get_logger().error(traceback.format_exc())

    def _follow_publishers(self) -> None:
        for one in self._inputs:
            one.follow_publishers()

    def _report(self) -> None:
        self._log.follow_level()
        self._warn_of_namesakes()
        report = DiagnosticArray(status=list(self.statuses()))
        report.header.stamp = self.get_clock().now().to_msg()
        self._statistics_publisher.publish(report)

    def _warn_of_namesakes(self) -> None:
        """Say that another node has this one's name: its parameters and services are then anybody's."""
        own = (self.get_name(), self.get_namespace())
        namesakes = self.get_node_names_and_namespaces().count(own) - 1
        if namesakes > 0 and not self._has_namesakes:
            name = self.get_fully_qualified_name()
            self.get_logger().warning(
                f"{namesakes} more of the name {name}: parameters, services and topics are mixed up; "
                "start one of them with another name (-r __node:=...) or namespace"
            )
        self._has_namesakes = namesakes > 0

    def stop(self) -> bool:
        """Finish the batch in progress where that is soon done; say what is left. Returns whether it was finished."""
        waiting = [f"{left} queued"] if (left := self._worker.stop(FINISH_S)) else []
        for worker in self._background:
            worker.stop(FINISH_S)
        is_busy = any(worker.is_busy for worker in (self._worker, *self._background))
        waiting += ["a batch in progress"] if is_busy else []
        waiting += [text for stream in self._streams.values() if (text := stream.held_back())]
        if waiting:
            self.get_logger().warning(f"stopped with items not processed: {', '.join(waiting)}")
        self._log.close()
        return not is_busy
