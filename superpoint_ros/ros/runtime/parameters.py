"""Options as parameters of a ROS node: declared with type and range, read, followed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import OptionSpec
from superpoint_ros.ros.runtime.options import ParameterSchema

Parameters = TypeVar("Parameters")

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


def describe(spec: OptionSpec) -> ParameterDescriptor:
    """Describe a parameter for `ros2 param describe`."""
    unit = f" [{spec.unit}]" if spec.unit else ""
    constraints = spec.allowed if spec.choices else ""
    descriptor = ParameterDescriptor(
        description=f"{spec.description}{unit}", additional_constraints=constraints, read_only=spec.fixed
    )
    if spec.limits is None or spec.count != 1:
        return descriptor
    ends = (*spec.limits, *([] if spec.none is None else [spec.to_plain(None)]))
    low, high = spec.kind(min(ends)), spec.kind(max(ends))
    if spec.kind is int:
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    else:
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    return descriptor


def declare_parameters(node: Node, schema: ParameterSchema[Parameters]) -> Parameters:
    """Declare all parameters of a schema on the node and read them.

    Raises:
        ParameterError: A value that is not allowed.
        rclpy.exceptions.ParameterException: A value of the wrong type or out of its declared range.
    """
    values = _declare(node, schema.specs)
    known = {name: spec.from_plain(values[name]) for name, spec in schema.specs.items()}
    return schema.parse(values | _declare(node, schema.further(known)))


def _declare(node: Node, specs: Mapping[str, OptionSpec]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, spec in specs.items():
        default = spec.to_plain(spec.default)
        if default is None:
            default = (TYPES if spec.count == 1 else ARRAY_TYPES)[spec.kind]
        values[name] = node.declare_parameter(name, default, describe(spec)).value
    return values


def follow_changes(node: Node, schema: ParameterSchema[Parameters], take: Callable[[Parameters], None]) -> None:
    """From now on parse a change of parameters with all others and hand it to `take`, or refuse it with the reason."""

    def on_set(changes: list[Parameter[Any]]) -> SetParametersResult:
        values = {name: parameter.value for name, parameter in node.get_parameters_by_prefix("").items()}
        try:
            take(schema.parse(values | {change.name: change.value for change in changes}))
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(on_set)


def undeclared_parameters(node: Node) -> list[str]:
    """List the parameters that the user gave a value and the node does not have, with the name each resembles."""
    given = getattr(node, "_parameter_overrides", {})
    known = list(node.get_parameters_by_prefix(""))
    found = []
    for name in sorted(set(given) - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        found.append(f"{name} (did you mean {near[0]}?)" if near else name)
    return found
