"""Switching sets of cameras of a running frontend on and off, for which it is cleaned up and configured anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient

# Off, and on [s].
SYNC_TOLERANCES = (0.0, 0.05)
SWITCH_OFF = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)
SWITCH_ON = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)


class SetsSwitch:
    """Switch sets of cameras of the frontend on and off, step by step, as answers come.

    Args:
        node: Calls the services.
        setter: Sets parameters of the frontend.

    Attributes:
        at_rest: Called while the frontend holds nothing, cleaned up and not yet configured.
        is_busy: Whether a switch is in progress.
        problems: What went wrong.
    """

    def __init__(self, node: Node, setter: AsyncParameterClient):
        self._setter = setter
        self.at_rest: Callable[[], object] = lambda: None
        self._change: Any = node.create_client(ChangeState, "frontend/change_state")
        self._tolerances = cycle(reversed(SYNC_TOLERANCES))
        self._steps: deque[Callable[[], Any]] = deque()
        self.is_busy = False
        self.problems: list[str] = []

    def begin(self) -> bool:
        """Begin a switch; False where one is in progress, or the node cannot be asked."""
        if self.is_busy or not (self._change.service_is_ready() and self._setter.services_are_ready()):
            return False
        self.is_busy = True
        parameter = Parameter("sync_tolerance", value=next(self._tolerances))
        self._steps.extend(partial(self._transition, one) for one in SWITCH_OFF)
        self._steps.append(partial(self._set_at_rest, parameter))
        self._steps.extend(partial(self._transition, one) for one in SWITCH_ON)
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
                self.problems.append(f"camera sets cannot be switched: {answer}")
        if self._steps:
            self._steps.popleft()().add_done_callback(self._go_on)
        else:
            self.is_busy = False
