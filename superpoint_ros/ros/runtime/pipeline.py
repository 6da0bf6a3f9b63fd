"""What a node does with its messages, apart from where these come from: a live ROS graph, or a bag.

An algorithm (frontend, triangulate, densify) is a class over Pipeline that knows no middleware. Beside it stands where
it runs: LivePipeline on ROS, OfflineNode on a bag. What runs is a class over both, so that there is one piece of code.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.ros.runtime.diagnostics import InputStatistics, Problem
from superpoint_ros.ros.runtime.options import NodeOptions, ParameterSchema
from superpoint_ros.ros.runtime.scheduling import POLICIES, FrameQueue, OnDrop
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings

# (height, width) of the image that warms a network up.
WARM_UP_SIZE = (64, 64)

Parameters = TypeVar("Parameters", bound=NodeOptions)
Item = TypeVar("Item")
# (target frame, source frame, stamp) -> T_target_source (4, 4), or a LookupError that says what is missing.
TransformLookup: TypeAlias = Callable[[str, str, Time], np.ndarray]


class Input(Protocol):
    """Describe a topic that is listened to.

    Attributes:
        topic: Resolved name of the topic.
        statistics: What is counted.
    """

    topic: str
    statistics: InputStatistics

    def check(self) -> list[Problem]:
        """Return what is wrong now."""
        ...


class Output(Protocol):
    """Describe a topic that is written to."""

    def publish(self, message: Any) -> None:
        """Send a message to everybody who listens."""
        ...

    def get_subscription_count(self) -> int:
        """Return how many listen."""
        ...


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

    def report(self) -> dict[str, str]:
        """Return its values in the report, rates up to now; received = processed + dropped + skipped + waiting."""
        self.statistics.advance()
        return {
            "topic": self.topic,
            "rate_in_hz": self.statistics.rate("received"),
            "rate_out_hz": self.statistics.rate("processed"),
            **self.statistics.values(waiting_of="received"),
        }


class Pipeline(ABC, Generic[Parameters, Item]):
    """Describe an algorithm, and what it is given by where it runs.

    Attributes:
        schema: Its name and parameters; each algorithm sets it.
        parameters: Those in force for what is processed.
        warnings: Log that does not flood.
    """

    schema: ParameterSchema[Parameters]
    parameters: Parameters
    warnings: ThrottledWarnings

    # The algorithm.

    @abstractmethod
    def set_up(self) -> str:
        """Load the algorithm, make inputs and outputs; return what the node does, for its log."""

    @abstractmethod
    def process(self, batch: list[tuple[Stream, Item]]) -> None:
        """Process what the queue hands out; called one batch at a time."""

    @abstractmethod
    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return the lines of the report, each named by its subject alone; called about once a second."""

    def facts(self) -> dict[str, str]:
        """Return what else the report says of the algorithm: its device, its model."""
        return {}

    def make_queue(self, on_drop: OnDrop) -> FrameQueue[Item]:
        """Make the queue that items are processed from; called once, before `set_up`.

        Args:
            on_drop: To be told of each item that is dropped: the name of its stream, and the cause.
        """
        return POLICIES[self.parameters.policy](on_drop)

    def apply(self, parameters: Parameters) -> None:
        """Take changed parameters; called between two batches."""

    def rest(self) -> None:
        """Give up, and count, what waits for something else to come; called once the inputs are closed."""

    def warm_up(self) -> None:
        """Run the network once, so that what it loads on first use does not hold up the first image."""

    # Where it runs.

    @abstractmethod
    def get_name(self) -> str:
        """Return the name of the node."""

    @abstractmethod
    def resolve_topic(self, topic: str) -> str:
        """Return a topic's full name.

        Raises:
            ParameterError: It is no name of a topic.
        """

    @abstractmethod
    def add_input(self, topic: str, message_type: type, on_message: Callable[[Any], None], **options: Any) -> Input:
        """Listen to a topic, by its name before it is resolved; for the options see TopicInput."""

    @abstractmethod
    def add_output(self, message_type: type, name: str) -> Output:
        """Write to the topic ~/name, below the node's own name, or to /name as it stands."""

    @abstractmethod
    def add_command(self, name: str, run: Callable[[], str]) -> None:
        """Offer something to do for users, as ~/name; it returns what it has done in words, or raises why not."""

    @abstractmethod
    def transforms(self) -> TransformLookup | None:
        """Return what knows the transforms between frames; None = nothing does."""

    @abstractmethod
    def enqueue(self, stream: Stream, item: Item) -> None:
        """Have an item processed; what is dropped for it is counted."""

    @abstractmethod
    def process_alone(self) -> None:
        """From now on have each item processed alone, where a batch is no faster; cameras share the worker's time."""

    @abstractmethod
    def run_in_background(self, queue: FrameQueue[Any], process: Callable[[list[tuple[str, Any]]], None]) -> None:
        """Process the batches of another queue in a thread of its own, from now until the node stops."""

    @abstractmethod
    def is_running(self) -> bool:
        """Tell whether it still runs: what fails because the node is being stopped is no error."""

    @abstractmethod
    def log_error(self, text: str) -> None:
        """Log an error."""

    # What follows from both.

    @property
    def wanted(self) -> Parameters:
        """Return the parameters as they were set last, for what is decided outside of `process`."""
        return self.parameters

    def expand_topic(self, topic: str) -> str:
        """Return a topic's full name before it is remapped; where nothing remaps, that is the resolved one.

        Raises:
            ParameterError: It is no name of a topic.
        """
        return self.resolve_topic(topic)

    def add_outputs(self, **types: type) -> dict[str, Output]:
        """Write to several topics, by their names below the node's own name."""
        return {name: self.add_output(kind, name) for name, kind in types.items()}

    def add_camera_info(self, topic: str, on_message: Callable[[Any], None], *, needed: bool) -> Input:
        """Listen to the calibration of a camera, which one message is enough of."""
        return self.add_input(topic, CameraInfo, on_message, policy="latest", latched=True, needed=needed)

    def add_stream(self, stream: Stream) -> Stream:
        """Make a stream known, whose items are to be queued."""
        return stream

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
            text = f"{type(error).__name__}: {error}"
            if self.is_running() and self._skip(stream, stream.topic, "internal error", text):
                self.log_error(traceback.format_exc())

    def _skip(self, stream: Stream, topic: str, reason: str, text: str) -> bool:
        stream.statistics.skip(reason, text)
        return self.warnings.warn(topic, reason, f"{stream.noun} skipped [{reason}]: {text}")
