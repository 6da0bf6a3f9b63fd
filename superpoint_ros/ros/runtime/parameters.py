"""Options as parameters of a ROS node: declared with type and range, read, followed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import OptionSpec
from superpoint_ros.ros.runtime.options import ParameterSchema

Parameters = TypeVar("Parameters")
Taken = TypeVar("Taken", contravariant=True)
FIXED = "read-only while the node is configured"

TYPES = {
    bool: Parameter.Type.BOOL,
    int: Parameter.Type.INTEGER,
    float: Parameter.Type.DOUBLE,
    str: Parameter.Type.STRING,
}
ARRAY_TYPES = {
    bool: Parameter.Type.BOOL_ARRAY,
    int: Parameter.Type.INTEGER_ARRAY,
    float: Parameter.Type.DOUBLE_ARRAY,
    str: Parameter.Type.STRING_ARRAY,
}


class TakesParameters(Protocol[Taken]):
    """Describe what follows changes of parameters."""

    def take_parameters(self, parameters: Taken) -> None:
        """Take checked parameters."""
        ...


def describe(spec: OptionSpec) -> ParameterDescriptor:
    """Describe a parameter for `ros2 param describe`."""
    unit = f" [{spec.unit}]" if spec.unit else ""
    constraints = "; ".join(filter(None, [spec.allowed if spec.choices else "", FIXED if spec.fixed else ""]))
    descriptor = ParameterDescriptor(description=f"{spec.description}{unit}", additional_constraints=constraints)
    if spec.limits is None or spec.count != 1:
        return descriptor
    ends = (*spec.limits, *([] if spec.none is None else [spec.to_plain(None)]))
    low, high = spec.kind(min(ends)), spec.kind(max(ends))
    if spec.kind is int:
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    else:
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    return descriptor


class NodeParameters(Generic[Parameters]):
    """Declare the parameters of a node, read them when it is configured, and follow their changes.

    A value that cannot be declared does not keep the node from being made: the parameter then has its default, and
    `read` fails until it is set.

    Args:
        node: Node that they are declared on.
        schema: Which there are.
        configured: Returns what takes changes; None = the node is not configured, and every parameter may be changed.
    """

    def __init__(
        self,
        node: Node,
        schema: ParameterSchema[Parameters],
        configured: Callable[[], TakesParameters[Parameters] | None],
    ):
        self._node, self._schema, self._configured = node, schema, configured
        self._specs: dict[str, OptionSpec] = {}
        self._refused: dict[str, ParameterException] = {}
        self._declare(schema.specs)
        node.add_on_set_parameters_callback(self._on_set)

    def _declare(self, specs: Mapping[str, OptionSpec]) -> None:
        for name, spec in specs.items():
            self._specs[name] = spec
            if self._node.has_parameter(name):
                continue
            default = spec.to_plain(spec.default)
            if default is None:
                default = (TYPES if spec.count == 1 else ARRAY_TYPES)[spec.kind]
            try:
                self._node.declare_parameter(name, default, describe(spec))
            except ParameterException as error:
                self._refused[name] = error
                self._node.declare_parameter(name, default, describe(spec), ignore_override=True)

    def _values(self) -> dict[str, Any]:
        return {name: parameter.value for name, parameter in self._node.get_parameters_by_prefix("").items()}

    def value(self, name: str) -> Any:
        """Return the value of one parameter as ROS holds it."""
        return self._values()[name]

    def read(self) -> Parameters:
        """Check the parameters and return them.

        Raises:
            ParameterError: A value that is not allowed.
            rclpy.exceptions.ParameterException: A value of the wrong type or out of its declared range was given.
        """
        values = self._values()
        known = {name: spec.from_plain(values[name]) for name, spec in self._schema.specs.items()}
        self._declare(self._schema.further(known))
        for error in self._refused.values():
            raise error
        return self._schema.parse(self._values())

    def _on_set(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        values = {change.name: change.value for change in changes}
        configured = self._configured()
        try:
            if configured is None:
                self._check_each(values)
            else:
                self._check_changeable(values)
                configured.take_parameters(self._schema.parse(self._values() | values))
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _check_each(self, values: Mapping[str, Any]) -> None:
        """Check values by themselves: others may have to be changed too before they fit together."""
        for name in values.keys() & self._specs.keys():
            self._specs[name].from_plain(values[name])
        for name in values:
            self._refused.pop(name, None)

    def _check_changeable(self, values: Mapping[str, Any]) -> None:
        for name in values.keys() & self._specs.keys():
            if self._specs[name].fixed:
                raise ParameterError(
                    f"{name} is read-only while the node is configured; to change it: ros2 lifecycle set "
                    f"{self._node.get_fully_qualified_name()} deactivate, then cleanup"
                )

    def undeclared(self) -> list[str]:
        """List the parameters that the user gave a value and the node does not have, with the name each resembles.

        Those that a file of all defaults has by default, as of the camera named `camera`, are not meant where they
        have their defaults.
        """
        given = getattr(self._node, "_parameter_overrides", {})
        known = list(self._values())
        usual = self._schema.all_specs()
        found = []
        for name in sorted(set(given) - set(known)):
            if name in usual and _is_default(usual[name], given[name].value):
                continue
            near = difflib.get_close_matches(name, known, n=1)
            found.append(f"{name} (did you mean {near[0]}?)" if near else name)
        return found


def _is_default(spec: OptionSpec, value: Any) -> bool:
    try:
        return bool(spec.from_plain(value) == spec.default)
    except ParameterError:
        return False
