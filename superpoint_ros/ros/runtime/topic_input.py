"""One input topic: a subscription whose QoS follows the publishers', what it receives and loses, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.diagnostics import InputStatistics, Problem
from superpoint_ros.ros.runtime.input_health import InputHealth
from superpoint_ros.ros.runtime.message_loss import GIVES_MESSAGE_INFO, LossCounter, loss_events
from superpoint_ros.ros.runtime.qos import SubscriptionOverrides, input_qos
from superpoint_ros.ros.runtime.topic_watch import PublisherWatch, describe_qos, type_name

FOLLOW_PERIOD_S = 0.25
MIDDLEWARE_PAGE = "docs/middleware.md"


def resolve_topic(node: Node, topic: str, *, only_expand: bool = False) -> str:
    """Return a topic's name with namespace and remapping applied, or with the namespace alone.

    What is resolved must not be resolved again: where remappings swap two topics, the second time undoes the first.

    Raises:
        ParameterError: It is no name of a topic.
    """
    try:
        return node.resolve_topic_name(topic, only_expand=only_expand)
    except rclpy_implementation.RCLError as error:
        raise ParameterError(f"'{topic}' is no name of a topic: {str(error).split(', at /')[0]}") from error


class TopicInput:
    """Subscribe to a topic from `open` to `close`, and hand every message on.

    Reliable where every publisher offers it, best effort where one does not: discovery decides, and the subscription
    is recreated when publishers come that need another one.

    Args:
        node: Owns the subscription.
        topic: Name of the topic, as the user gives it, not resolved yet.
        message_type: Class of its messages.
        on_message: Called with every message.
        policy: Decides the QoS, see `input_qos`.
        latched: Whether a message published before the node was there is wanted too; then one is enough, and silence
            after it is no problem.
        needed: Whether it is a problem that no message ever comes.
        companion: Input that receives one message for each of this one's, a camera's CameraInfo for example; what it
            receives shows how much of a best-effort publisher's is lost here, where nothing else does.
        statistics: Where messages are counted; None = new ones.

    Attributes:
        topic: Resolved name of the topic.
        statistics: What is counted.
        health: How the stream arrives.
        qos: QoS of the subscription as it is now.
        problems: What was wrong at the last `check`, by what it is of.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        message_type: type,
        on_message: Callable[[Any], None],
        *,
        policy: str,
        latched: bool = False,
        needed: bool = True,
        companion: TopicInput | None = None,
        statistics: InputStatistics | None = None,
    ):
        self.topic = resolve_topic(node, topic)
        self.statistics = InputStatistics() if statistics is None else statistics
        self.health = InputHealth()
        self._node, self._given_topic, self._message_type = node, topic, message_type
        self._on_message, self._policy, self._latched = on_message, policy, latched
        self._needed, self._companion = needed, companion
        self._watch = PublisherWatch(node, self.topic, message_type)
        self._overrides = SubscriptionOverrides(node, self.topic)
        self._losses = LossCounter()
        self.problems: dict[str, Problem] = {}
        self.qos = self._wanted_qos()
        self._subscription: Subscription[Any] | None = None

    def _wanted_qos(self) -> QoSProfile:
        return self._overrides.apply(input_qos(self._policy, self._watch.offers(), latched=self._latched))

    def open(self) -> None:
        """Subscribe; how the stream arrives is judged from now on."""
        self.health, self._losses = InputHealth(), LossCounter()
        self.qos = self._wanted_qos()
        self._subscription = self._subscribe()

    def close(self) -> None:
        """End the subscription, where there is one."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription, self.problems = None, {}

    def _subscribe(self) -> Subscription[Any]:
        return self._node.create_subscription(
            self._message_type,
            self._given_topic,
            self._receive if GIVES_MESSAGE_INFO else self._receive_bare,
            self.qos,
            event_callbacks=loss_events(self._on_loss_event),
        )

    def follow_publishers(self) -> None:
        """Subscribe again where the publishers there are now need another QoS; call a few times a second."""
        if self._subscription is None or not self._watch.offers():
            return
        wanted = self._wanted_qos()
        if wanted == self.qos:
            return
        self.qos = wanted
        self._node.destroy_subscription(self._subscription)
        self._subscription = self._subscribe()
        self._node.get_logger().info(f"{self.topic}: QoS follows the publishers: {describe_qos(wanted)}")

    def _receive(self, message: Any, info: Any) -> None:
        lost = self._losses.lost_before(info)
        self.statistics.count("received")
        self.statistics.count("lost", lost)
        self.health.receive(message, lost)
        self._on_message(message)

    def _receive_bare(self, message: Any) -> None:
        self._receive(message, {})

    def _on_loss_event(self, number: int) -> None:
        if not self._losses.numbered:
            self.statistics.count("lost", number)
            self.health.lose(number)

    def check(self) -> list[Problem]:
        """Return what is wrong now; call about once a second. Each problem is logged as it begins."""
        if self._subscription is None:
            return []
        problems = self._watch.problems(self.qos) | self._stream_problems()
        self.health.advance()
        for key in problems.keys() - self.problems.keys():
            self._node.get_logger().warning(f"{self.topic}: {problems[key]}")
        if self.problems and not problems:
            self._node.get_logger().info(f"{self.topic}: received as it should be again")
        self.problems = problems
        return list(problems.values())

    def publishers(self) -> list[str]:
        """Name every publisher's node, with the reliability that it offers."""
        return self._watch.describe()

    def _stream_problems(self) -> dict[str, Problem]:
        senders, self._losses.publishers = len(self._losses.publishers), set()
        if senders > 1:
            text = f"messages of {senders} publishers are mixed: {', '.join(sorted(self.publishers()))}"
            return {"publishers": Problem(text, "end all but one, or give each a topic of its own")}
        if share := self.health.loss(self._expected()):
            size = self.health.size or "of unknown size, as none has arrived"
            what = f"{100 * (1 - share):.0f} % of the messages ({size}) arrive"
            return {"loss": Problem(what, self._cure_of_loss())}
        silence = self.health.silence()
        if silence is None or not self._is_problem(silence[1]):
            return {}
        return {"silence": self._describe_silence(*silence)}

    def _expected(self) -> int:
        """Return how many messages the companion says there were, where their own numbers do not tell.

        Best effort alone loses them without a word: where nobody publishes so, what does not come was not sent.
        """
        if self._companion is None or self.health.received_in_window()[0] >= 2 or not self._watch.best_effort():
            return 0
        return self._companion.health.received_in_window()[0]

    def _is_problem(self, period: float | None) -> bool:
        if self.health.received == 0:
            return self._needed
        return not self._latched and (period is not None or bool(self._watch.best_effort()))

    def _describe_silence(self, quiet: float, period: float | None) -> Problem:
        publishers = f"publishers: {self._watch.count()}; subscribed with QoS {describe_qos(self.qos)}"
        kind = type_name(self._message_type)
        if self.health.received == 0:
            text = f"no {kind} received since the start, {quiet:.0f} s ago; {publishers}"
            return Problem(text, self._cure_of_silence(), DiagnosticStatus.ERROR)
        if period is None:
            text = f"no {kind} received for {quiet:.0f} s; {publishers}"
        else:
            text = f"no {kind} received for {quiet:.1f} s, {1 / max(period, 1e-6):.1f} Hz before; {publishers}"
        return Problem(text, self._cure_of_silence(), DiagnosticStatus.STALE)

    def _cure_of_silence(self) -> str:
        if not self._watch.count():
            return "start what publishes it, or correct the topic's name, by parameter or remapping"
        if self._watch.best_effort():
            return self._cure_of_loss()
        return f"{' and '.join(sorted(set(self.publishers())))} publishes nothing: look at its log"

    def _cure_of_loss(self) -> str:
        if senders := self._watch.best_effort():
            return (
                f"{' and '.join(sorted(set(senders)))} publishes with best effort, which loses large messages: set its "
                f"QoS to reliable (qos_overrides.{self.topic}.publisher.reliability, where the driver has it), or "
                "start it with FASTDDS_DEFAULT_PROFILES_FILE=<package share>/config/fastdds_large_images.xml, or "
                f"all processes with FASTDDS_BUILTIN_TRANSPORTS=LARGE_DATA; see {MIDDLEWARE_PAGE}"
            )
        return f"the machine or the network is too slow for this rate, see {MIDDLEWARE_PAGE}"
