"""What the parameters of all nodes share: a setting described once, declared with type and range, and followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.scheduling import POLICIES

TRANSPORTS = {"raw": "sensor_msgs/msg/Image", "compressed": "sensor_msgs/msg/CompressedImage"}

Config = TypeVar("Config")


@dataclass(frozen=True)
class Setting:
    """One parameter.

    Attributes:
        name: as ROS knows it.
        default: its type is the parameter's type.
        description: for `ros2 param describe`, with unit.
        limits: least and greatest value of a number.
        choices: the allowed values of a string; () = any.
        fixed: cannot be changed at run time.
    """

    name: str
    default: Any
    description: str
    limits: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    fixed: bool = False

    def descriptor(self) -> ParameterDescriptor:
        constraints = f"one of: {', '.join(map(repr, self.choices))}" if self.choices else ""
        descriptor = ParameterDescriptor(
            description=self.description, additional_constraints=constraints, read_only=self.fixed
        )
        if self.limits and isinstance(self.default, int):
            descriptor.integer_range = [IntegerRange(from_value=self.limits[0], to_value=self.limits[1], step=1)]
        elif self.limits:
            descriptor.floating_point_range = [FloatingPointRange(from_value=self.limits[0], to_value=self.limits[1])]
        return descriptor

    def check(self, value: Any) -> Any:
        """The value itself; a ParameterError where it is not allowed."""
        if self.limits and not self.limits[0] <= value <= self.limits[1]:
            raise ParameterError(f"{self.name}={value!r} is not between {self.limits[0]} and {self.limits[1]}")
        if self.choices and value not in self.choices:
            raise ParameterError(f"{self.name}={value!r} is not one of {', '.join(map(repr, self.choices))}")
        return value


# Of nodes that run a network, beside its weights.
NETWORK_SETTINGS = (
    Setting("model", "", "name of a shipped model, or path of a model file; empty = default", fixed=True),
    Setting("backend", "auto", "what runs the network: auto or a backend's name", fixed=True),
    Setting("device", "auto", "auto, cpu, cuda or cuda:N", fixed=True),
)

# Of nodes that pair two topics, see paired_inputs.py.
PAIRING_SETTINGS = (
    Setting("slop", 0.0, "[s] greatest difference of a pair's stamps; 0 = they are equal", (0.0, 10.0), fixed=True),
    Setting("queue_size", 30, "messages of a topic that wait for their partner", (1, 10_000), fixed=True),
    Setting(
        "policy",
        "latest",
        "latest: the newest pair, older ones are dropped and counted (robot); every_frame: all pairs (replay)",
        choices=tuple(POLICIES),
        fixed=True,
    ),
)


def declare_settings(node: Node, settings: tuple[Setting, ...]) -> dict[str, Any]:
    """Declares parameters on the node; their values by name."""
    return {
        setting.name: node.declare_parameter(setting.name, setting.default, setting.descriptor()).value
        for setting in settings
    }


def follow_changes(node: Node, parse: Callable[[Mapping[str, Any]], Config], take: Callable[[Config], None]) -> None:
    """From now on a change of parameters is parsed with all others and handed to `take`, or refused with the reason."""

    def on_set(changes: list[Parameter]) -> SetParametersResult:
        values = {name: parameter.value for name, parameter in node.get_parameters_by_prefix("").items()}
        try:
            take(parse(values | {change.name: change.value for change in changes}))
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(on_set)


def camera_info_beside(image_topic: str) -> str:
    """The topic camera_info in the namespace of an image topic, raw or compressed."""
    folder, slash, _ = image_topic.removesuffix("/compressed").rpartition("/")
    return f"{folder}{slash}camera_info"
