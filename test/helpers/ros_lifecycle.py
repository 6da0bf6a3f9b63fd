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


def call(probe: Probe, kind: type, service: str, request: Any) -> Any:
    """The answer of a service."""
    future = ask(probe, kind, service, request)
    probe.spin_until(future.done, f"an answer of {service}")
    return future.result()


def ask(probe: Probe, kind: type, service: str, request: Any) -> Any:
    """The answer of a service, in time."""
    client = probe.node.create_client(kind, service)
    probe.spin_until(client.service_is_ready, f"the service {service}")
    return client.call_async(request)


class Lifecycle:
    """The states of one node.

    Args:
        name: of the node.
    """

    def __init__(self, probe: Probe, name: str):
        self._probe, self._name = probe, name

    def change(self, transition: str) -> bool:
        """Asks for a transition; returns whether it succeeded."""
        future = self.ask(transition)
        self._probe.spin_until(future.done, f"an answer to {transition}")
        return future.result().success

    def ask(self, transition: str) -> Any:
        """Asks for a transition; returns the answer to come."""
        request = ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
        return ask(self._probe, ChangeState, f"/{self._name}/change_state", request)

    @property
    def state(self) -> str:
        return call(self._probe, GetState, f"/{self._name}/get_state", GetState.Request()).current_state.label
