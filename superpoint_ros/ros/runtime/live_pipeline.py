"""Where an algorithm runs on a live ROS graph, from the configuration of its node to the cleanup.

Callbacks put what arrives into a queue; one worker thread takes it from there as the policy says. Around them: inputs
whose QoS follows the publishers, outputs, parameters that can be changed, and a clean end.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from superpoint_ros.core.errors import BackendError, SuperPointRosError
from superpoint_ros.ros.runtime.guards import guarded
from superpoint_ros.ros.runtime.logs import LogForwarding
from superpoint_ros.ros.runtime.pipeline import Item, Parameters, Pipeline, Stream, TransformLookup
from superpoint_ros.ros.runtime.qos import output_publisher
from superpoint_ros.ros.runtime.scheduling import FrameQueue, LatestQueue, Worker
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings
from superpoint_ros.ros.runtime.topic_input import TopicInput, resolve_topic
from superpoint_ros.ros.runtime.transforms import Tf2Lookup, tf2_lookup

# A batch that takes longer than this is not waited for at the end.
FINISH_S = 1.0


class LivePipeline(Pipeline[Parameters, Item]):
    """Run an algorithm on a live ROS graph; it takes input from `activate` to `deactivate`.

    Changed parameters are taken by the worker before its next batch.

    Args:
        node: Owns subscriptions and publishers.
        parameters: Those to begin with.
        warnings: Log that does not flood.
        log: Takes what the threads log.

    Attributes:
        description: What it does, in words.
        is_active: Whether it takes input.
        is_paused: Whether what comes is skipped.

    Raises:
        SuperPointRosError: A parameter, weights, a backend or a device that cannot be used; nothing is left then.
    """

    def __init__(self, node: Node, parameters: Parameters, warnings: ThrottledWarnings, log: LogForwarding):
        self._node, self._log = node, log
        self.parameters = self._wanted = parameters
        self.warnings = warnings
        self.is_active = self.is_paused = False
        self._inputs: list[TopicInput] = []
        self._publishers: list[Any] = []
        self._services: list[Any] = []
        self._transforms: Tf2Lookup | None = None
        self._streams: dict[str, Stream] = {}
        self._queue: FrameQueue[Item] = self.make_queue(self._count_dropped)
        self._background: list[FrameQueue[Any]] = []
        self._workers: list[Worker[Any]] = [Worker(self._queue, self._work)]
        try:
            self.description = self.set_up()
            self._services.append(node.create_service(SetBool, "~/set_paused", self._set_paused))
            self._warm_up()
        except BaseException:
            self.release()
            raise
        self._workers[0].start()

    def _warm_up(self) -> None:
        try:
            self.warm_up()
        except Exception as error:
            raise BackendError(f"the network fails on a first image: {type(error).__name__}: {error}") from error

    def get_name(self) -> str:
        """Return the name of the node."""
        return self._node.get_name()

    def resolve_topic(self, topic: str) -> str:
        """Return a topic's name with namespace and remapping applied.

        Raises:
            ParameterError: It is no name of a topic.
        """
        return resolve_topic(self._node, topic)

    def expand_topic(self, topic: str) -> str:
        """Return a topic's name with the namespace applied, before it is remapped.

        Raises:
            ParameterError: It is no name of a topic.
        """
        return resolve_topic(self._node, topic, only_expand=True)

    def add_input(
        self, topic: str, message_type: type, on_message: Callable[[Any], None], **options: Any
    ) -> TopicInput:
        """Listen to a topic while active, see TopicInput."""
        take = guarded(on_message, f"taking a message of {topic}", self._node, self.warnings)
        made = TopicInput(self._node, topic, message_type, take, **{"policy": self.parameters.policy} | options)
        self._inputs.append(made)
        return made

    def add_output(self, message_type: type, name: str) -> Any:
        """Create a publisher on ~/name, or on /name as it stands, with the policy's QoS."""
        self._publishers.append(output_publisher(self._node, message_type, name, self.parameters.policy))
        return self._publishers[-1]

    def add_command(self, name: str, run: Callable[[], str]) -> None:
        """Offer the service ~/name (std_srvs/Trigger)."""

        def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            try:
                response.message, response.success = run(), True
                self._node.get_logger().info(response.message)
            except SuperPointRosError as error:
                response.message, response.success = str(error), False
                self._node.get_logger().error(response.message)
            except Exception as error:
                response.message, response.success = f"{name} failed: {type(error).__name__}: {error}", False
                self._node.get_logger().error(f"{response.message}\n{traceback.format_exc()}")
            return response

        self._services.append(self._node.create_service(Trigger, f"~/{name}", answer))

    def _set_paused(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self.is_paused = request.data
        response.message, response.success = "paused: what comes is skipped" if self.is_paused else "resumed", True
        self._node.get_logger().info(response.message)
        return response

    def transforms(self) -> TransformLookup | None:
        """Listen to tf2 where it is installed."""
        self._transforms = tf2_lookup(self._node)
        return self._transforms

    def add_stream(self, stream: Stream) -> Stream:
        """Make a stream known, whose items are to be queued."""
        self._streams[stream.name] = stream
        return stream

    def run_in_background(self, queue: FrameQueue[Any], process: Callable[[list[tuple[str, Any]]], None]) -> None:
        """Process the batches of another queue in a thread of its own, from now until the end."""

        def work(batch: list[tuple[str, Any]]) -> None:
            self._log.adopt_thread()
            try:
                process(batch)
            except Exception as error:
                self._warn_of_failure("batch in the background not finished", error)

        self._background.append(queue)
        self._workers.append(Worker(queue, work))
        self._workers[-1].start()

    def process_alone(self) -> None:
        """From now on have each item processed alone, where a batch is no faster; cameras share the worker's time."""
        if isinstance(self._queue, LatestQueue):
            self._queue.together = False

    def enqueue(self, stream: Stream, item: Item) -> None:
        """Queue an item for the worker, unless it is paused."""
        if self.is_paused:
            stream.statistics.skip("paused")
        else:
            self._queue.put(stream.name, item)

    def _count_dropped(self, name: str, cause: str) -> None:
        self._streams[name].statistics.drop(cause)

    def is_running(self) -> bool:
        """Tell whether ROS has not been shut down."""
        return bool(self._node.context.ok())

    def log_error(self, text: str) -> None:
        """Log an error."""
        self._node.get_logger().error(text)

    @property
    def wanted(self) -> Parameters:
        """Return the parameters as they were set last; `parameters` follow with the next batch."""
        return self._wanted

    def take_parameters(self, parameters: Parameters) -> None:
        """Apply changed parameters before the next batch."""
        self._wanted = parameters

    def activate(self) -> None:
        """Take input from now on."""
        for one in self._inputs:
            one.open()
        self.is_active = True

    def deactivate(self) -> None:
        """Take no more input: what waits is dropped and counted, what is being processed is finished first."""
        self.is_active = False
        for one in self._inputs:
            one.close()
        self.rest()
        for queue in (self._queue, *self._background):
            queue.rest()

    def follow_publishers(self) -> None:
        """Have each input follow its publishers; call a few times a second."""
        for one in self._inputs:
            one.follow_publishers()

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
            self.log_error(traceback.format_exc())

    def stop(self) -> bool:
        """Finish the batch in progress where that is soon done; say what is left. Returns whether it was finished."""
        left = [worker.stop(FINISH_S) for worker in self._workers]
        is_busy = any(worker.is_busy for worker in self._workers)
        waiting = [f"{left[0]} queued"] if left[0] else []
        waiting += ["a batch in progress"] if is_busy else []
        waiting += [text for stream in self._streams.values() if (text := stream.held_back())]
        if waiting:
            self._node.get_logger().warning(f"stopped with items not processed: {', '.join(waiting)}")
        return not is_busy

    def release(self) -> None:
        """Stop, and give back to the node what it owns for this."""
        for one in self._inputs:
            one.close()
        self.stop()
        for publisher in self._publishers:
            self._node.destroy_publisher(publisher)
        for service in self._services:
            self._node.destroy_service(service)
        if self._transforms is not None:
            self._transforms.close()
