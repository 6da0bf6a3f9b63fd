"""Where an algorithm runs without a ROS graph: every message is processed at once, in the order of the bag.

The same input, parameters, weights and number of threads give the same outputs, bit by bit.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.densify.pipeline import Densify
from superpoint_ros.ros.frontend.pipeline import Frontend
from superpoint_ros.ros.runtime.diagnostics import InputStatistics, Problem
from superpoint_ros.ros.runtime.pipeline import Item, Parameters, Pipeline, Stream, TransformLookup
from superpoint_ros.ros.runtime.scheduling import FrameQueue
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings
from superpoint_ros.ros.triangulate.pipeline import Triangulate

Listener = Callable[[Any], None]


class TopicBus:
    """Connect nodes by topics: hand each message to those who listen, one after the other.

    Args:
        record: Called with topic and message of everything that nodes publish.
        is_wanted: Tells of a topic whether what nodes publish on it is recorded.

    Attributes:
        types: Type of the messages, by topic that somebody listens to.
        written: Topics that nodes publish on.
    """

    def __init__(self, record: Callable[[str, Any], None], is_wanted: Callable[[str], bool] = lambda topic: True):
        self.types: dict[str, type] = {}
        self.written: set[str] = set()
        self._record, self._is_wanted = record, is_wanted
        self._listeners: dict[str, list[Listener]] = {}
        self._pending: deque[tuple[str, Any]] = deque()
        self._is_delivering = False

    def listen(self, topic: str, message_type: type, listener: Listener) -> None:
        """Have a function called with every message of a topic from now on."""
        self.types[topic] = message_type
        self._listeners.setdefault(topic, []).append(listener)

    def is_used(self, topic: str) -> bool:
        """Tell whether anything becomes of a message on a topic."""
        return topic in self._listeners or self._is_wanted(topic)

    def publish(self, topic: str, message: Any) -> None:
        """Record a message of a node, and deliver it once all that came before has been."""
        if self._is_wanted(topic):
            self._record(topic, message)
        self.deliver(topic, message)

    def deliver(self, topic: str, message: Any) -> None:
        """Deliver a message, and all that nodes publish because of it."""
        self._pending.append((topic, message))
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            while self._pending:
                name, one = self._pending.popleft()
                for listener in self._listeners.get(name, ()):
                    listener(one)
        finally:
            self._is_delivering = False


class OfflineInput:
    """Listen to a topic of the bus.

    Attributes:
        topic: Name of the topic.
        statistics: What is counted.
    """

    def __init__(self, topic: str, on_message: Listener, statistics: InputStatistics | None):
        self.topic = topic
        self.statistics = InputStatistics() if statistics is None else statistics
        self._on_message = on_message

    def receive(self, message: Any) -> None:
        """Count a message and hand it on."""
        self.statistics.count("received")
        self._on_message(message)

    def check(self) -> list[Problem]:
        """Return nothing: a recording is neither late nor silent."""
        return []


class OfflineOutput:
    """Write to a topic of the bus."""

    def __init__(self, bus: TopicBus, topic: str):
        self._bus, self._topic = bus, topic
        bus.written.add(topic)

    def publish(self, message: Any) -> None:
        """Send a message to everybody who listens."""
        self._bus.publish(self._topic, message)

    def get_subscription_count(self) -> int:
        """Return 1 where anything becomes of a message, else 0."""
        return int(self._bus.is_used(self._topic))


class OfflineNode(Pipeline[Parameters, Item]):
    """Run an algorithm on a bus, with the policy `every_frame`.

    Args:
        bus: The topics.
        values: Parameters by name, as a parameter file holds them.

    Raises:
        SuperPointRosError: A parameter, weights, a backend or a device that cannot be used.
    """

    def __init__(self, bus: TopicBus, values: Mapping[str, Any]):
        self._bus = bus
        self._logger = logging.getLogger(f"superpoint_ros.{self.schema.node}")
        self.warnings = ThrottledWarnings(self._logger)
        self.streams: dict[str, Stream] = {}
        self.parameters = self.schema.parse({**values, "policy": "every_frame"})
        self._queue: FrameQueue[Item] = self.make_queue(self._count_dropped)
        self._logger.info("ready: %s", self.set_up())

    def get_name(self) -> str:
        """Return the name of the node."""
        return self.schema.node

    def resolve_topic(self, topic: str) -> str:
        """Return a topic's full name; the node is in the root namespace.

        Raises:
            ParameterError: It is no name of a topic.
        """
        return resolve_in_root(topic, self.get_name())

    def add_input(self, topic: str, message_type: type, on_message: Listener, **options: Any) -> OfflineInput:
        """Listen to a topic."""
        made = OfflineInput(self.resolve_topic(topic), on_message, options.get("statistics"))
        self._bus.listen(made.topic, message_type, made.receive)
        return made

    def add_output(self, message_type: type, name: str) -> OfflineOutput:
        """Write to the topic ~/name, or to /name as it stands."""
        return OfflineOutput(self._bus, self.resolve_topic(name if name.startswith("/") else f"~/{name}"))

    def add_command(self, name: str, run: Callable[[], str]) -> None:
        """Do nothing: there is nobody to call it."""

    def add_stream(self, stream: Stream) -> Stream:
        """Remember a stream."""
        self.streams[stream.name] = stream
        return stream

    def transforms(self) -> TransformLookup | None:
        """Return None: tf is not read from a bag."""
        return None

    def enqueue(self, stream: Stream, item: Item) -> None:
        """Process an item as soon as the queue hands it out."""
        self._queue.put(stream.name, item)
        self._process_ready()

    def finish(self) -> None:
        """Process what still waits for other items: no more will come."""
        self._queue.flush()
        self._process_ready()

    def _process_ready(self) -> None:
        while batch := self._queue.take_ready():
            self.process([(self.streams[name], one) for name, one in batch])

    def _count_dropped(self, name: str, cause: str) -> None:
        self.streams[name].statistics.drop(cause)

    def process_alone(self) -> None:
        """Do nothing: every item is processed alone."""

    def run_in_background(self, queue: FrameQueue[Any], process: Callable[[list[tuple[str, Any]]], None]) -> None:
        """Refuse: with `every_frame` nothing runs in the background."""
        raise NotImplementedError(f"{self.get_name()}: a recording is processed in one thread")

    def is_running(self) -> bool:
        """Return True: nothing shuts it down."""
        return True

    def log_error(self, text: str) -> None:
        """Log an error."""
        self._logger.error(text)


class OfflineFrontend(Frontend, OfflineNode):
    """Run Frontend on a bus."""


class OfflineTriangulate(Triangulate, OfflineNode):
    """Run Triangulate on a bus."""


class OfflineDensify(Densify, OfflineNode):
    """Run Densify on a bus."""


OFFLINE_NODES: dict[str, type[OfflineNode]] = {
    "frontend": OfflineFrontend,
    "triangulate": OfflineTriangulate,
    "densify": OfflineDensify,
}


def resolve_in_root(topic: str, node: str) -> str:
    """Return the full name of a topic of a node in the root namespace.

    >>> resolve_in_root("~/left/features", "frontend"), resolve_in_root("left/image_raw", "frontend")
    ('/frontend/left/features', '/left/image_raw')

    Raises:
        ParameterError: It is no name of a topic.
    """
    name = f"/{node}{topic[1:]}" if topic.startswith("~/") else topic
    parts = name.removeprefix("/").split("/")
    if not all(part.isidentifier() for part in parts):
        raise ParameterError(f"'{topic}' is no name of a topic: parts of letters, digits and _, with / between them")
    return "/" + "/".join(parts)
