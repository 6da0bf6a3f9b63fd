"""Flags of the command line, derived from the option fields that also describe the nodes' parameters."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import OptionSpec, flat_values, option_specs, replace_options

Options = TypeVar("Options")


class ArgumentParser(argparse.ArgumentParser):
    """Parse arguments without abbreviations; refuse unknown ones with the usage of the sub-command that they follow."""

    def __init__(self, *arguments: Any, **settings: Any):
        super().__init__(*arguments, **{"allow_abbrev": False, **settings})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; argparse would hand unknown ones of a sub-command to the parser above it."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown


def at_least(lowest: int) -> Callable[[str], int]:
    """Return what converts one word of the command line to a whole number not below `lowest`, or refuses it."""

    def convert(word: str) -> int:
        try:
            number = int(word)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{word!r} is not of type int") from error
        if number < lowest:
            raise argparse.ArgumentTypeError(f"{word} is not at least {lowest}")
        return number

    return convert


def add_options(parser: argparse.ArgumentParser, options: object, names: Sequence[str] | None = None) -> None:
    """Add a flag for each option of a dataclass, which refuses what the option does not allow.

    Args:
        parser: Parser of a command.
        options: Instance of a dataclass of options; its values are shown as defaults.
        names: Names of the options that get a flag; None = all, those of nested dataclasses included.
    """
    specs, defaults = option_specs(type(options)), flat_values(options)
    for name in specs if names is None else names:
        _add_option(parser, specs[name], defaults[name])


def _add_option(parser: argparse.ArgumentParser, spec: OptionSpec, default: Any) -> None:
    flag = "--" + spec.name.replace("_", "-")
    text = f"{spec.description} ({', '.join(filter(None, (_allowed(spec), _default(spec, default))))})"
    text = text.replace("%", "%%")
    if spec.kind is bool:
        action = argparse.BooleanOptionalAction
        parser.add_argument(flag, dest=spec.name, action=action, default=argparse.SUPPRESS, help=text)
        return
    parser.add_argument(
        flag,
        dest=spec.name,
        type=_converter(spec),
        nargs=None if spec.count == 1 else "+" if spec.count is None else spec.count,
        metavar="{" + ",".join(spec.choices) + "}" if spec.choices else spec.kind.__name__.upper(),
        default=argparse.SUPPRESS,
        help=text,
    )


def _allowed(spec: OptionSpec) -> str:
    """Say in words which values are allowed, None's stand-in included."""
    allowed = "" if spec.choices else spec.allowed or spec.unit
    if spec.none is None or spec.none.value in (None, ""):
        return allowed
    return ", or ".join(filter(None, (allowed, f"{spec.none.value} = {spec.none.words}")))


def _default(spec: OptionSpec, value: Any) -> str:
    """Say in words what the default is."""
    if value is None:
        assert spec.none is not None
        return f"default: {spec.none.words}"
    return "default: " + (" ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _converter(spec: OptionSpec) -> Callable[[str], Any]:
    """Return what converts one word to a value of the option, or refuses it."""
    single = replace(spec, count=1)

    def convert(word: str) -> Any:
        try:
            return single.from_plain(spec.kind(word))
        except ParameterError as error:
            raise argparse.ArgumentTypeError(f"{word} is not {_allowed(spec) or spec.allowed}") from error
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{word!r} is not of type {spec.kind.__name__}") from error

    return convert


def given_options(options: Options, arguments: argparse.Namespace) -> Options:
    """Return a dataclass instance with the values that were given on the command line.

    Args:
        options: Instance of a dataclass whose options `add_options` made flags of.
        arguments: The parsed command line.

    Raises:
        ParameterError: Values that are not allowed together.
    """
    return replace_options(options, vars(arguments))


def node_parameters(*options: object) -> dict[str, bool | int | float | str | list[Any]]:
    """Collect the values of options dataclasses by name, as parameters of a node hold them."""
    return {
        name: plain
        for one in options
        for name, value in flat_values(one).items()
        if (plain := option_specs(type(one))[name].to_plain(value)) is not None
    }


def add_output_argument(parser: argparse.ArgumentParser, default: Path = Path("output")) -> None:
    """Add the flag that `output_folder` reads."""
    parser.add_argument("--output", type=Path, default=default, help="Folder of the results (default: %(default)s)")


def output_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder of the results, created where it does not exist.

    Raises:
        ParameterError: The folder cannot be created, or not be written to.
    """
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"--output {arguments.output}: {error.strerror}") from error
    if not os.access(arguments.output, os.W_OK):
        raise ParameterError(f"--output {arguments.output}: cannot be written to; choose another folder")
    return Path(arguments.output)
