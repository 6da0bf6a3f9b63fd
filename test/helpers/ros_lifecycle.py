"""The lifecycle of a node, driven over DDS by its services as a lifecycle manager does."""

from __future__ import annotations

from typing import Any

from helpers.ros_probe import Probe
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
    "shutdown": Transition.TRANSITION_ACTIVE_SHUTDOWN,
}


class Caller:
    """A client of one service of a node."""

    def __init__(self, probe: Probe, kind: type, service: str):
        self._probe, self._service = probe, service
        self._client = probe.node.create_client(kind, service)
        probe.spin_until(self._client.service_is_ready, f"the service {service}")
        probe.meet(service.rpartition("/")[0])

    def ask(self, request: Any) -> Any:
        """The answer to come."""
        return self._client.call_async(request)

    def call(self, request: Any) -> Any:
        """The answer."""
        future = self.ask(request)
        self._probe.spin_until(future.done, f"an answer of {self._service}")
        return future.result()


class Lifecycle:
    """The states of one node.

    Args:
        name: of the node.
    """

    def __init__(self, probe: Probe, name: str):
        self._change = Caller(probe, ChangeState, f"/{name}/change_state")
        self._state = Caller(probe, GetState, f"/{name}/get_state")

    def change(self, transition: str) -> bool:
        """Asks for a transition; returns whether it succeeded."""
        return self._change.call(change_request(transition)).success

    def ask(self, transition: str) -> Any:
        """Asks for a transition; returns the answer to come."""
        return self._change.ask(change_request(transition))

    @property
    def state(self) -> str:
        return self._state.call(GetState.Request()).current_state.label


def change_request(transition: str) -> ChangeState.Request:
    return ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
