"""Launch arguments: node parameters as words on a command line, checked before a node is started."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import OptionSpec

BOOLEANS = {"true": True, "false": False}
KIND_WORDS = {bool: "true or false", int: "an integer", float: "a number", str: "a word"}


@dataclass(frozen=True)
class LaunchArgument:
    """Describe one argument of a launch file.

    Attributes:
        name: Name on the command line, `name:=value`.
        description: One line for `ros2 launch --show-args` and the documentation.
        default: Value where none is given; "" = the parameter file decides.
        choices: The words that are allowed; () = any.
    """

    name: str
    description: str
    default: str = ""
    choices: tuple[str, ...] = ()


def parameter_argument(spec: OptionSpec, *, name: str = "", of: str = "") -> LaunchArgument:
    """Describe the argument that overrides a parameter.

    Args:
        spec: The parameter.
        name: Name of the argument; "" = the parameter's.
        of: What it belongs to, where the parameter's sentence does not say: "the left camera".
    """
    unit = f" [{spec.unit}]" if spec.unit else ""
    text = spec.description.rstrip(".") + unit + (f", of {of}" if of else "")
    if spec.count != 1:
        text += "; separated by commas"
    choices = ("", *BOOLEANS) if spec.kind is bool and spec.count == 1 else ("", *spec.choices) if spec.choices else ()
    return LaunchArgument(name or spec.name, f"{text}; empty = as in the parameter file", choices=choices)


def parse_argument(spec: OptionSpec, text: str, name: str = "") -> Any:
    """Convert the word of an argument to the parameter's value, as ROS holds it.

    Args:
        spec: The parameter.
        text: What was typed; items of a list are separated by commas.
        name: Name of the argument, for the message; "" = the parameter's.

    Raises:
        ParameterError: The word is not of the parameter's type, or the value is not allowed; it names the argument.
    """
    named = replace(spec, name=name or spec.name)
    words = [word.strip() for word in text.split(",")] if spec.count != 1 else [text.strip()]
    try:
        items = [BOOLEANS[word] if spec.kind is bool else spec.kind(word) for word in words]
    except (ValueError, KeyError):
        kind = KIND_WORDS[spec.kind] if spec.count == 1 else f"a list of {spec.kind.__name__}, separated by commas"
        raise ParameterError(f"{named.name}:={text} is not {kind}") from None
    return named.to_plain(named.from_plain(items[0] if spec.count == 1 else items))


def parse_arguments(specs: Mapping[str, OptionSpec], given: Mapping[str, str]) -> dict[str, Any]:
    """Convert the arguments that were given to parameters by name; empty ones are left out."""
    return {name: parse_argument(spec, given[name]) for name, spec in specs.items() if given.get(name)}


def per_camera(spec: OptionSpec, text: str, cameras: list[str]) -> dict[str, Any]:
    """Convert the words of an argument that each camera has its own value of.

    Args:
        spec: The parameter of a camera; its name is the argument's.
        text: One value for each camera, or, topics aside, one for all of them; the values, and the items of a list,
            are separated by commas.
        cameras: Names of the cameras.

    Raises:
        ParameterError: The number of values is neither that of the cameras nor 1, or a value is not allowed.
    """
    words, size = text.split(","), spec.count or 1
    if len(words) == size and not spec.name.endswith("topic"):
        words = words * len(cameras)
    if len(words) != size * len(cameras):
        each = f", which need {size} each" if size > 1 else ""
        raise ParameterError(
            f"{spec.name}:={text} has {len(words)} values for {len(cameras)} cameras ({','.join(cameras)}){each}"
        )
    values = [",".join(words[start : start + size]) for start in range(0, len(words), size)]
    return {name: parse_argument(spec, value) for name, value in zip(cameras, values, strict=True)}


def unknown_names(given: Iterable[str], known: Iterable[str]) -> list[str]:
    """List the names that are not known, each with the known name that it resembles: "polcy (did you mean policy?)"."""
    names = list(known)
    found = []
    for name in sorted(set(given) - set(names)):
        near = difflib.get_close_matches(name, names, n=1)
        found.append(f"{name} (did you mean {near[0]}?)" if near else name)
    return found
