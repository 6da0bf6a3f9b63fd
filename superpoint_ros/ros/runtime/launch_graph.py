"""What the launch files share: arguments, nodes, and what happens when one of them ends.

`launch` and `launch_ros` come with a ROS 2 distribution and are imported only where a launch file runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory

from superpoint_ros.ros.runtime.launch_arguments import LaunchArgument, unknown_names
from superpoint_ros.ros.runtime.parameter_file import read_parameter_file

PACKAGE = "superpoint_ros"
RESPAWN_DELAY_S = 2.0
# Arguments of every launch file of this package.
GRAPH_ARGUMENTS = (
    LaunchArgument("namespace", "Namespace of the nodes and of all relative topics"),
    LaunchArgument("log_level", "Level of the nodes' log", "info", ("debug", "info", "warn", "error", "fatal")),
    LaunchArgument(
        "on_exit",
        "What happens when a node ends: launch ends the whole graph, starts the node again, or leaves the others alone",
        "shutdown",
        ("shutdown", "respawn", "ignore"),
    ),
)
# launch's own arguments, which any launch file takes.
OWN_ARGUMENTS = {"sigterm_timeout", "sigkill_timeout", "log_dir", "emulate_tty", "assign_env_log_level"}


@dataclass(frozen=True)
class NodeLaunch:
    """Describe a node to be started.

    Attributes:
        name: Name of the node; its program is <name>_node.
        params_file: Path of its parameter file.
        known: Names of its parameters; others in the file are warned about. "*" stands for any part of a name.
        parameters: Parameters that override the file.
    """

    name: str
    params_file: str
    known: frozenset[str]
    parameters: Mapping[str, Any]


def params_file_argument(node: str, name: str = "params_file") -> LaunchArgument:
    """Describe the argument for the parameter file of a node; by default config/<node>.yaml of the package."""
    path = Path(get_package_share_directory(PACKAGE)) / "config" / f"{node}.yaml"
    return LaunchArgument(name, f"YAML file of the {node} node's parameters", str(path))


def describe_graph(
    arguments: Sequence[LaunchArgument], nodes: Callable[[Mapping[str, str]], Iterable[NodeLaunch]]
) -> Any:
    """Make the launch description of a launch file.

    Args:
        arguments: The launch file's arguments, without those of every launch file (GRAPH_ARGUMENTS).
        nodes: Called with the arguments' values by name; returns the nodes to start.
    """
    from launch.actions import DeclareLaunchArgument, OpaqueFunction
    from launch.launch_context import LaunchContext
    from launch.launch_description import LaunchDescription

    declared = (*arguments, *GRAPH_ARGUMENTS)

    def start(context: LaunchContext) -> list[Any]:
        _warn_of_unknown_arguments(context.launch_configurations, declared)
        given = {argument.name: context.launch_configurations[argument.name] for argument in declared}
        return [_node(node, given) for node in nodes(given)]

    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(
                    argument.name,
                    default_value=argument.default,
                    description=argument.description,
                    choices=list(argument.choices) or None,
                )
                for argument in declared
            ),
            OpaqueFunction(function=start),
        ]
    )


def include_launch_files(includes: Mapping[str, Mapping[str, str]]) -> Any:
    """Make the launch description of a launch file that starts others of this package.

    Args:
        includes: Arguments by name for each of the others, by its name without `.launch.py`.
    """
    from launch.actions import GroupAction, IncludeLaunchDescription
    from launch.launch_description import LaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    folder = Path(get_package_share_directory(PACKAGE)) / "launch"
    # Each in a scope of its own: the arguments of one are none of the next.
    return LaunchDescription(
        [
            GroupAction(
                [
                    IncludeLaunchDescription(
                        PythonLaunchDescriptionSource(str(folder / f"{name}.launch.py")),
                        launch_arguments=list(arguments.items()),
                    )
                ]
            )
            for name, arguments in includes.items()
        ]
    )


def file_parameters(node: str, params_file: str, namespace: str) -> dict[str, Any]:
    """Read what a parameter file says for a node, by full parameter names.

    Raises:
        ParameterError: There is no such file, or it is not a parameter file.
    """
    full_name = "/".join(("", *filter(None, (namespace.strip("/"), node))))
    return read_parameter_file(Path(params_file), full_name)


def _warn_of_unknown_parameters(node: NodeLaunch, namespace: str) -> None:
    parameters = file_parameters(node.name, node.params_file, namespace)
    foreign = [name for name in parameters if not any(fnmatchcase(name, known) for known in node.known)]
    unknown = unknown_names(foreign, node.known)
    if unknown:
        _logger().warning(f"{node.params_file}: {node.name} has no parameter {', '.join(unknown)}")


def _node(node: NodeLaunch, given: Mapping[str, str]) -> Any:
    from launch_ros.actions import Node

    _warn_of_unknown_parameters(node, given["namespace"])
    ends: dict[str, dict[str, Any]] = {
        "shutdown": {"on_exit": _end_graph(node.name)},
        "respawn": {"respawn": True, "respawn_delay": RESPAWN_DELAY_S},
        "ignore": {},
    }
    return Node(
        package=PACKAGE,
        executable=f"{node.name}_node",
        name=node.name,
        namespace=given["namespace"],
        parameters=[node.params_file, dict(node.parameters)],
        arguments=["--ros-args", "--log-level", given["log_level"]],
        output="screen",
        **ends[given["on_exit"]],
    )


def _end_graph(name: str) -> Callable[[Any, Any], list[Any] | None]:
    from launch.actions import Shutdown

    def on_exit(event: Any, context: Any) -> list[Any] | None:
        if context.is_shutdown:
            return None
        reason = f"the {name} node ended with exit code {event.returncode}; the graph is stopped (on_exit:=shutdown)"
        if event.returncode:
            # launch ends the other nodes, and its own exit status is 1.
            raise RuntimeError(reason)
        return [Shutdown(reason=reason)]

    return on_exit


def _warn_of_unknown_arguments(given: Iterable[str], declared: Sequence[LaunchArgument]) -> None:
    unknown = unknown_names(set(given) - OWN_ARGUMENTS, [argument.name for argument in declared])
    if unknown:
        _logger().warning(f"no such launch argument: {', '.join(unknown)}; `ros2 launch --show-args` lists them")


def _logger() -> Any:
    from launch.logging import get_logger

    return get_logger(PACKAGE)
