"""A managed node around an algorithm: what every node of this package is made of beside its algorithm.

unconfigured -> configure loads the network and makes the outputs -> inactive -> activate subscribes -> active, and
back. What is configured is a LivePipeline; the node around it has the parameters, the report and a log at all times.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from superpoint_ros.core.allocation import give_back_free_memory
from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.inference.backend import release_memory
from superpoint_ros.ros.runtime.diagnostics import DIAGNOSTICS_TOPIC, Problem, diagnostic_status, process_memory
from superpoint_ros.ros.runtime.guards import guarded
from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.logs import LogForwarding
from superpoint_ros.ros.runtime.parameters import NodeParameters
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings
from superpoint_ros.ros.runtime.topic_input import FOLLOW_PERIOD_S

REPORT_PERIOD_S = 1.0
# One large message leaves megabytes free within malloc's heaps; it is given back so often, which takes milliseconds.
MEMORY_PERIOD_S = 30.0
# Subject of the node's own line; no camera can have this name.
OWN_SUBJECT = "node state"
# As diagnostic_updater writes it for what is software.
NO_HARDWARE = "none"


class WorkerNode(LifecycleNode):
    """Run an algorithm as a managed node; by itself it configures and activates as it starts (parameter `autostart`).

    Attributes:
        pipeline_type: The algorithm; each node sets it.
        pipeline: What is configured; None = nothing is.

    Raises:
        SuperPointRosError: A parameter, weights, a backend or a device that cannot be used, where it starts by itself.
        rclpy.exceptions.ParameterException: A parameter of the wrong type or out of its declared range, likewise.
    """

    pipeline_type: ClassVar[type[LivePipeline[Any, Any]]]

    def __init__(self) -> None:
        super().__init__(self.pipeline_type.schema.node)
        self._log = LogForwarding(self.get_logger())
        try:
            self._start()
        except BaseException:
            self._log.close()
            self.destroy_node()
            raise

    def _start(self) -> None:
        self.pipeline: LivePipeline[Any, Any] | None = None
        self._warnings = ThrottledWarnings(self.get_logger())
        self._has_namesakes = self._is_finalized = False
        self._failure = ""
        # Where the node starts by itself, what goes wrong is raised.
        self._errors: list[Exception] | None = None
        self._declared = NodeParameters(self, self.pipeline_type.schema, lambda: self.pipeline)
        self._diagnostics_publisher = self.create_publisher(DiagnosticArray, DIAGNOSTICS_TOPIC, 10)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        for period, what, callback in (
            (REPORT_PERIOD_S, "report", self._report),
            (FOLLOW_PERIOD_S, "following publishers", self._follow_publishers),
            (MEMORY_PERIOD_S, "giving back memory", give_back_free_memory),
        ):
            self.create_timer(period, guarded(callback, what, self, self._warnings), clock=clock)
        if self._declared.value("autostart"):
            self._autostart()
        else:
            self.get_logger().info(f"unconfigured: ros2 lifecycle set {self.get_fully_qualified_name()} configure")

    def choose_pipeline(self, parameters: Any) -> type[LivePipeline[Any, Any]]:
        """Return the algorithm for these parameters, where a node has more than one."""
        return self.pipeline_type

    def _autostart(self) -> None:
        """Become active, or raise what stands in the way."""
        self._errors = []
        self.trigger_configure()
        if not self._errors:
            self.trigger_activate()
        for error in self._errors:
            raise error
        self._errors = None

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the network, make the outputs; where that fails, say why and stay unconfigured."""
        return self._attempt("configured", self._configure, TransitionCallbackReturn.FAILURE)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe."""
        return self._attempt("activated", self._activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take no more input; returns once nothing is processed any more."""
        return self._attempt("deactivated", self._configured.deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the network and the outputs."""
        return self._attempt("cleaned up", self._release)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything for good; the process goes on until it is told to stop."""
        self._is_finalized = True
        return self._attempt("shut down", self._release)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything after a failed transition, so that the node can be configured anew."""
        return self._attempt("cleaned up", self._release, TransitionCallbackReturn.FAILURE)

    def _attempt(
        self,
        done: str,
        step: Callable[[], None],
        otherwise: TransitionCallbackReturn = TransitionCallbackReturn.ERROR,
    ) -> TransitionCallbackReturn:
        try:
            step()
        except Exception as error:
            if self._errors is not None:
                self._errors.append(error)
                return otherwise
            self._failure = f"not {done}: {error}"
            self.get_logger().error(self._failure)
            if not isinstance(error, (SuperPointRosError, ParameterException)):
                self.get_logger().error(traceback.format_exc())
            return otherwise
        return TransitionCallbackReturn.SUCCESS

    @property
    def _configured(self) -> LivePipeline[Any, Any]:
        assert self.pipeline is not None
        return self.pipeline

    def _configure(self) -> None:
        self._failure = ""
        parameters = self._declared.read()
        self.pipeline = self.choose_pipeline(parameters)(self, parameters, self._warnings, self._log)
        if undeclared := self._declared.undeclared():
            self.get_logger().warning(f"no parameter of this node: {', '.join(undeclared)}")

    def _activate(self) -> None:
        self._configured.activate()
        self.get_logger().info(f"ready: {self._configured.description}")

    def _release(self) -> None:
        pipeline, self.pipeline = self.pipeline, None
        if pipeline is not None:
            pipeline.release()
        del pipeline
        release_memory()

    def _follow_publishers(self) -> None:
        if self.pipeline is not None:
            self.pipeline.follow_publishers()

    def _forget_destroyed(self) -> None:
        """Have rclpy's callback group let go of publishers and subscriptions that are gone: it keeps a note of each."""
        entities = self.default_callback_group.entities
        entities -= {one for one in entities if one() is None}

    def _report(self) -> None:
        self._forget_destroyed()
        self._log.follow_level()
        self._warn_of_namesakes()
        report = DiagnosticArray(status=[self._status(), *(self.pipeline.statuses() if self.pipeline else [])])
        report.header.stamp = self.get_clock().now().to_msg()
        for status in report.status:
            status.name = f"{self.get_fully_qualified_name().lstrip('/')}: {status.name}"
            status.hardware_id = NO_HARDWARE
            if status.level == DiagnosticStatus.OK and self.state != "active":
                status.message = self.state
        self._diagnostics_publisher.publish(report)

    @property
    def state(self) -> str:
        """Return the state of the node in the words of ROS."""
        if self.pipeline is None:
            return "finalized" if self._is_finalized else "unconfigured"
        return "active" if self.pipeline.is_active else "inactive"

    def _status(self) -> DiagnosticStatus:
        """Return the node's own line of the report."""
        values = {"state": self.state, **process_memory(), **(self.pipeline.facts() if self.pipeline else {})}
        return diagnostic_status(OWN_SUBJECT, list(self._problems()), values)

    def _problems(self) -> Iterator[Problem]:
        name = self.get_fully_qualified_name()
        if self._failure:
            cure = f"set it right, then: ros2 lifecycle set {name} configure"
            yield Problem(self._failure, cure, DiagnosticStatus.ERROR)
        if self.pipeline is not None and self.pipeline.is_paused:
            cure = f"to go on: ros2 service call {name}/set_paused std_srvs/srv/SetBool '{{data: false}}'"
            yield Problem("paused: what comes is skipped", cure)

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
        ended = self.pipeline is None or self.pipeline.stop()
        self._log.close()
        return ended

    def destroy_node(self) -> None:
        """Leave the middleware for good: what rclpy's state machine holds keeps its shared memory from being freed."""
        super().destroy_node()
        self.__dict__.pop("_state_machine", None)
