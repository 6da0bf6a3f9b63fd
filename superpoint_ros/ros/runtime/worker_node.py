"""What every node of this package is made of, so that a node is its algorithm.

Callbacks put what arrives into a queue; one worker thread takes it from there as the policy says. Around them: inputs
whose QoS follows the publishers, parameters that can be changed, statistics, warnings, a log, and a clean end.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.logs import LogForwarding, ThrottledWarnings
from superpoint_ros.ros.runtime.options import ParameterSchema, PolicyOptions
from superpoint_ros.ros.runtime.parameters import declare_parameters, follow_changes, undeclared_parameters
from superpoint_ros.ros.runtime.scheduling import POLICIES, FrameQueue, LatestQueue, Worker
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S, TopicInput

STATISTICS_PERIOD_S = 1.0
# A batch that takes longer than this is not waited for at the end.
FINISH_S = 1.0

Parameters = TypeVar("Parameters", bound=PolicyOptions)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Stream:
    """Hold what is processed one after the other: the images of a camera, or the pairs of two topics.

    Attributes:
        name: Name of the stream within the node.
        topic: Resolved topic that it is known by in the log.
        noun: One of its items in a word: "image", "pair".
        statistics: Counts and times of its items.
        held_back: Says which items wait for something else before they can be queued; "" = none.
    """

    name: str
    topic: str
    noun: str
    statistics: InputStatistics = field(default_factory=InputStatistics)
    held_back: Callable[[], str] = str


class WorkerNode(Node, ABC, Generic[Parameters, Item]):
    """Do everything of a node but its algorithm.

    Attributes:
        schema: Its name and parameters; each node sets it.
        parameters: Those in force; the worker takes changed ones before its next batch.
        warnings: Log that does not flood.

    Raises:
        SuperPointRosError: A parameter, weights, a backend or a device that cannot be used.
        rclpy.exceptions.ParameterException: A parameter of the wrong type or out of its declared range.
    """

    schema: ParameterSchema[Parameters]

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
        self._queue: FrameQueue[Item] = POLICIES[self.parameters.policy]()
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

    @abstractmethod
    def set_up(self) -> str:
        """Load the algorithm, make inputs and outputs; return what the node does, for its log."""

    @abstractmethod
    def process(self, batch: list[tuple[Stream, Item]]) -> None:
        """Process what the queue hands out; called by the worker, one batch at a time."""

    @abstractmethod
    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return the lines of the node's report; called about once a second."""

    def apply(self, parameters: Parameters) -> None:
        """Take changed parameters; called by the worker between two batches."""

    def add_input(
        self, topic: str, message_type: type, on_message: Callable[[Any], None], **options: Any
    ) -> TopicInput:
        """Subscribe to a topic, see TopicInput."""
        made = TopicInput(self, topic, message_type, on_message, **{"policy": self.parameters.policy} | options)
        self._inputs.append(made)
        return made

    def add_camera_info(self, topic: str, on_message: Callable[[Any], None], *, needed: bool) -> TopicInput:
        """Subscribe to the calibration of a camera, which one message is enough of."""
        return self.add_input(topic, CameraInfo, on_message, policy="latest", latched=True, needed=needed)

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
                self._log_failure("batch in the background not finished", error)

        self._background.append(Worker(queue, work))
        self._background[-1].start()

    def process_alone(self) -> None:
        """From now on have each item processed alone, where a batch is no faster; cameras share the worker's time."""
        if isinstance(self._queue, LatestQueue):
            self._queue.together = False

    def enqueue(self, stream: Stream, item: Item) -> None:
        """Queue an item for the worker; what it replaces is counted as dropped."""
        stream.statistics.count("dropped", self._queue.put(stream.name, item))

    @contextmanager
    def skip_on_error(self, stream: Stream) -> Iterator[None]:
        """End what goes wrong with one item: count it by its reason and say so, at most every few seconds.

        Errors that this package does not raise on purpose are logged in full.
        """
        try:
            yield
        except SuperPointRosError as error:
            topic = getattr(error, "topic", "") or stream.topic
            self._skip(stream, topic, getattr(error, "reason", type(error).__name__), str(error))
        except Exception as error:
            if self.context.ok():
                text = f"{type(error).__name__}: {error}"
                if self._skip(stream, stream.topic, "internal error", text):
                    self.get_logger().error(traceback.format_exc())

    def _skip(self, stream: Stream, topic: str, reason: str, text: str) -> bool:
        stream.statistics.skip(reason)
        return self.warnings.warn(topic, reason, f"{stream.noun} skipped [{reason}]: {text}")

    def _set_wanted(self, parameters: Parameters) -> None:
        self._wanted = parameters

    def _work(self, batch: list[tuple[str, Item]]) -> None:
        self._log.adopt_thread()
        try:
            if self._wanted is not self.parameters:
                self.parameters = self._wanted
                self.apply(self.parameters)
        except Exception as error:
            self._log_failure("changed parameters not applied", error)
        try:
            self.process([(self._streams[name], item) for name, item in batch])
        except Exception as error:
            self._log_failure(f"batch of {len(batch)} not finished", error)

    def _log_failure(self, what: str, error: Exception) -> None:
        if self.context.ok() and self.warnings.warn(self.get_name(), what, f"{what}: {type(error).__name__}: {error}"):
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
