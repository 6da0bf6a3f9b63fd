"""Running nodes cleaned up and configured anew, with another value of a parameter that is fixed while they run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient

TO_REST = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)
TO_WORK = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)


class LifecycleRounds:
    """Take a node round its lifecycle, step by step, as answers come.

    Args:
        node: Calls the services.
        name: Name of the node that goes round.
        setter: Sets its parameters.
        parameter: Name of the parameter that is set on the way.
        values: Its values, in turn.

    Attributes:
        at_rest: Called while the node holds nothing, cleaned up and not yet configured.
        is_busy: Whether a round is in progress.
        problems: What went wrong.
    """

    def __init__(self, node: Node, name: str, setter: AsyncParameterClient, parameter: str, values: Sequence[Any]):
        self._name, self._setter, self._parameter = name, setter, parameter
        self.at_rest: Callable[[], object] = lambda: None
        self._change: Any = node.create_client(ChangeState, f"{name}/change_state")
        self._values = cycle(values)
        self._steps: deque[Callable[[], Any]] = deque()
        self.is_busy = False
        self.problems: list[str] = []

    def begin(self) -> bool:
        """Begin a round; False where one is in progress, or the node cannot be asked."""
        if self.is_busy or not (self._change.service_is_ready() and self._setter.services_are_ready()):
            return False
        self.is_busy = True
        self._steps.extend(partial(self._transition, one) for one in TO_REST)
        self._steps.append(partial(self._set_at_rest, Parameter(self._parameter, value=next(self._values))))
        self._steps.extend(partial(self._transition, one) for one in TO_WORK)
        self._go_on()
        return True

    def _set_at_rest(self, parameter: Parameter[Any]) -> Any:
        self.at_rest()
        return self._setter.set_parameters([parameter])

    def _transition(self, number: int) -> Any:
        return self._change.call_async(ChangeState.Request(transition=Transition(id=number)))

    def _go_on(self, answered: Any = None) -> None:
        if answered is not None:
            answer = answered.result()
            results = answer.results[0].successful if hasattr(answer, "results") else answer.success
            if not results:
                self.problems.append(f"{self._name} cannot be configured anew: {answer}")
        if self._steps:
            self._steps.popleft()().add_done_callback(self._go_on)
        else:
            self.is_busy = False
