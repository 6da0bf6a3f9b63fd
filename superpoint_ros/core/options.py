"""Options described once: type, default, range, unit and sentence stand in one dataclass field.

ROS parameters, command-line flags, YAML files and the tables of the documentation are all derived from the fields, so
that a default or a limit is changed in one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from superpoint_ros.core.errors import ParameterError

METADATA_KEY = "option"
Options = TypeVar("Options")


@dataclass(frozen=True)
class NoneMeaning:
    """Say what None stands for, and the value that says the same where there is no None: in ROS parameters and YAML.

    Attributes:
        words: Its meaning, as documentation says it: "no limit".
        value: The value that stands for it; its type is converted to the option's. None = the parameter is not set.
    """

    words: str
    value: float | str | None


NO_LIMIT = NoneMeaning("no limit", 0)
NO_CHECK = NoneMeaning("no check", 0)
MODEL_DEFAULT = NoneMeaning("the model's own", -1)
MODEL_DEFAULT_NAME = NoneMeaning("the model's own", "")
MODEL_DEFAULT_UNSET = NoneMeaning("the model's own", None)


@dataclass(frozen=True)
class OptionSpec:
    """Hold one option, as its field describes it.

    Attributes:
        name: Name of the field, the same at every door.
        kind: Type of the value, or of the items where `count` is not 1: bool, int, float or str.
        default: Default in Python; None where `none` says what that means.
        description: One sentence, without unit, range and default, which are added where it is shown.
        unit: Unit of a number: "px", "m", "s"; "" = none.
        limits: Smallest and largest number that is allowed.
        choices: The words that are allowed; () = any.
        fixed: Whether a configured node refuses to change it.
        none: What None means; None = None is not allowed.
        count: Number of items of a tuple; None = any; 1 = a single value, no tuple.
    """

    name: str
    kind: type
    default: Any
    description: str
    unit: str = ""
    limits: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    fixed: bool = False
    none: NoneMeaning | None = None
    count: int | None = 1

    def check(self, value: Any) -> Any:
        """Return the value, as a tuple of the option's type where the option is one.

        Raises:
            ParameterError: The type is another one, or the value is not allowed; the message says what is.
        """
        if value is None and self.none is not None:
            return None
        if self.count == 1:
            return self._check_one(value, value)
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise ParameterError(f"{self.name}={value!r} is not a list of {self.kind.__name__}")
        items = tuple(value)
        if not items or self.count not in (None, len(items)):
            wanted = "one or more" if self.count is None else str(self.count)
            raise ParameterError(f"{self.name}={list(items)!r} has {len(items)} values, not {wanted}")
        return tuple(self._check_one(item, list(items)) for item in items)

    def _check_one(self, item: Any, shown: Any) -> Any:
        good = isinstance(item, (int, float) if self.kind is float else self.kind)
        if not good or (isinstance(item, bool) and self.kind is not bool):
            raise ParameterError(f"{self.name}={shown!r} is not of type {self.kind.__name__}")
        if self.limits is not None and not self.limits[0] <= item <= self.limits[1]:
            raise ParameterError(f"{self.name}={shown!r} is not {self.allowed}")
        if self.choices and item not in self.choices:
            raise ParameterError(f"{self.name}={shown!r} is not {self.allowed}")
        return float(item) if self.kind is float else item

    @property
    def allowed(self) -> str:
        """Say in words which values are allowed; "" where all of the type are."""
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        if self.limits is None:
            return ""
        low, high = (f"{limit:g}" if abs(limit) < 1e5 else str(limit) for limit in self.limits)
        return f"between {low} and {high}" + (f" {self.unit}" if self.unit else "")

    def to_plain(self, value: Any) -> Any:
        """Convert a value of the option to one without None and tuples, as ROS parameters and YAML hold it."""
        if value is None:
            assert self.none is not None
            return None if self.none.value is None else self.kind(self.none.value)
        return list(value) if isinstance(value, tuple) else value

    def from_plain(self, value: Any) -> Any:
        """Invert `to_plain`, and check the value.

        Raises:
            ParameterError: As `check` does.
        """
        if self.none is not None and value == self.to_plain(None):
            return None
        return self.check(value)


def option(
    default: Any,
    description: str,
    *,
    unit: str = "",
    limits: tuple[float, float] | None = None,
    fixed: bool = False,
    none: NoneMeaning | None = None,
) -> Any:
    """Describe a field of an options dataclass; choices come from a `Literal` annotation, optionality from `| None`.

    Args:
        default: Default value.
        description: One sentence; unit, range and default are added where it is shown.
        unit: Unit of a number.
        limits: Smallest and largest number that is allowed.
        fixed: Whether a configured node refuses to change it.
        none: What None means, for fields whose annotation has `| None`.
    """
    details = {"description": description, "unit": unit, "limits": limits, "fixed": fixed, "none": none}
    return field(default=default, metadata={METADATA_KEY: details})


def same_option(kind: type, name: str, **changes: Any) -> Any:
    """Describe a field as the option of another dataclass is described.

    Args:
        kind: Dataclass that has the option.
        name: Name of the option there.
        changes: Arguments of `option` that differ here.
    """
    (described,) = (one for one in fields(kind) if one.name == name)
    return option(**{"default": described.default, **described.metadata[METADATA_KEY], **changes})


def _kind(annotation: Any) -> tuple[type, tuple[str, ...], int | None]:
    """Read type, choices and count off an annotation, `| None` aside."""
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is tuple:
        items = get_args(annotation)
        return items[0], (), None if items[-1] is Ellipsis else len(items)
    if get_origin(annotation) is Literal:
        return str, get_args(annotation), 1
    return annotation, (), 1


def option_specs(kind: type) -> Mapping[str, OptionSpec]:
    """Collect the options of a dataclass by name, those of nested dataclasses included, in order.

    Args:
        kind: Dataclass whose fields were made with `option`, or are such dataclasses themselves.
    """
    return _collect_specs(kind)


@cache
def _own_specs(kind: Any) -> Mapping[str, OptionSpec]:
    specs: dict[str, OptionSpec] = {}
    hints = get_type_hints(kind)
    for one in fields(kind):
        if METADATA_KEY in one.metadata:
            value_type, choices, count = _kind(hints[one.name])
            specs[one.name] = OptionSpec(one.name, value_type, one.default, choices=choices, count=count,
                                         **one.metadata[METADATA_KEY])  # fmt: skip
    return specs


@cache
def _collect_specs(kind: Any) -> Mapping[str, OptionSpec]:
    specs: dict[str, OptionSpec] = {}
    hints = get_type_hints(kind)
    own = _own_specs(kind)
    for one in fields(kind):
        if one.name in own:
            found = {one.name: own[one.name]}
        elif is_dataclass(hints[one.name]):
            found = dict(option_specs(hints[one.name]))
        else:
            continue
        if twice := specs.keys() & found.keys():
            raise TypeError(f"{kind.__name__}: option '{min(twice)}' is there twice")
        specs |= found
    return specs


def nested_specs(options: object) -> dict[str, OptionSpec]:
    """Collect the options of a dataclass instance by dotted name, its values as defaults: "loop.steps".

    Unlike `option_specs`, this allows one name in several nested dataclasses.
    """
    kind: Any = type(options)
    specs = {name: replace(spec, default=getattr(options, name)) for name, spec in _own_specs(kind).items()}
    for one in fields(options):  # type: ignore[arg-type]
        if one.name not in specs and is_dataclass(value := getattr(options, one.name)):
            specs |= {f"{one.name}.{name}": spec for name, spec in nested_specs(value).items()}
    return specs


def check_options(options: object) -> None:
    """Check every option of a dataclass instance, nested ones aside, which check themselves; for `__post_init__`.

    Raises:
        ParameterError: A value that is not allowed.
    """
    kind: Any = type(options)
    for name, spec in _own_specs(kind).items():
        object.__setattr__(options, name, spec.check(getattr(options, name)))


def check_depth_range(min_depth: float, max_depth: float | None) -> None:
    """Check that some depth is kept by both limits; None = no limit.

    Raises:
        ParameterError: The smallest depth is above the largest.
    """
    if max_depth is not None and min_depth > max_depth:
        raise ParameterError(f"min_depth={min_depth:g} is above max_depth={max_depth:g}: no depth would be kept")


def check_different(options: object, name: str) -> None:
    """Check that no number of a tuple is there twice.

    Raises:
        ParameterError: One is.
    """
    values = getattr(options, name)
    if len(set(values)) < len(values):
        raise ParameterError(f"{name}={list(values)} must be different numbers")


def build_options(kind: type[Options], values: Mapping[str, Any]) -> Options:
    """Make a dataclass, nested ones included, from values by option name; an absent one keeps its default.

    Raises:
        ParameterError: A value that is not allowed, or a name that is no option of the dataclass.
    """
    if unknown := sorted(values.keys() - option_specs(kind).keys()):
        raise ParameterError(
            f"'{unknown[0]}' is no option of {kind.__name__}; there are {', '.join(option_specs(kind))}"
        )
    return kind(**dict(_arguments(kind, values)))


def _arguments(kind: type, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(kind)
    for one in fields(kind):
        if METADATA_KEY in one.metadata:
            if one.name in values:
                yield one.name, values[one.name]
        elif is_dataclass(hints[one.name]):
            nested = hints[one.name]
            yield one.name, build_options(nested, {n: values[n] for n in option_specs(nested) if n in values})
        elif one.default is MISSING and one.default_factory is MISSING:
            raise TypeError(f"{kind.__name__}.{one.name} is neither an option nor has it a default")


def flat_values(options: object) -> dict[str, Any]:
    """Collect the values of all options of a dataclass instance by name, those of nested dataclasses included."""
    values: dict[str, Any] = {}
    for one in fields(options):  # type: ignore[arg-type]
        value = getattr(options, one.name)
        if METADATA_KEY in one.metadata:
            values[one.name] = value
        elif is_dataclass(value):
            values |= flat_values(value)
    return values


def replace_options(options: Options, values: Mapping[str, Any]) -> Options:
    """Return a dataclass instance with other values by option name, in nested dataclasses too.

    Raises:
        ParameterError: A value that is not allowed.
    """
    changed: dict[str, Any] = {}
    for one in fields(options):  # type: ignore[arg-type]
        value = getattr(options, one.name)
        if METADATA_KEY in one.metadata:
            changed |= {one.name: values[one.name]} if one.name in values else {}
        elif is_dataclass(value):
            changed[one.name] = replace_options(value, values)
    return replace(options, **changed)  # type: ignore[type-var]
