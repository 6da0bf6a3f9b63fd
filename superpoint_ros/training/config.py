"""Typed, bounded configuration: YAML files and `key=value` overrides into frozen dataclasses."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_type_hints

import yaml

from superpoint_ros.core.errors import ParameterError, SuperPointRosError
from superpoint_ros.core.options import check_options, option
from superpoint_ros.core.yaml_text import parse_yaml

T = TypeVar("T")
Precision: TypeAlias = Literal["bf16-mixed", "32-true"]
Balance: TypeAlias = Literal["fixed", "gradnorm"]
MANY = 1_000_000_000


class ConfigError(SuperPointRosError, ValueError):
    """Report a configuration with an unknown key, a wrong type or a value out of range."""


def precision_option() -> Any:
    """Describe the precision of the computation, for every configuration that has one."""
    return option("bf16-mixed", "Precision of the computation; bf16-mixed needs a processor or device with bfloat16.")


def seed_option(default: int, description: str) -> Any:
    """Describe a seed."""
    return option(default, description, limits=(0, 2**63 - 1))


def batch_option(default: int, description: str) -> Any:
    """Describe how many items go through the network at once."""
    return option(default, description, limits=(1, 100_000))


def size_option(default: tuple[int, int], description: str) -> Any:
    """Describe the (height, width) of images."""
    return option(default, description, unit="px", limits=(8, 8192))


def validation_images_option(default: int) -> Any:
    """Describe how many images are validated on."""
    return option(default, "Number of images to validate on, which are kept out of training.", limits=(1, 1_000_000))


def corner_weight_option() -> Any:
    """Describe the weight of corners in the detector's loss."""
    return option(1.0, "How often cells with a corner count in the loss; 1 as in the paper.", limits=(0.001, 1000.0))


def balance_option() -> Any:
    """Describe how two losses are balanced."""
    return option("fixed", "How the two losses are balanced: by fixed weights, or by GradNorm.")


def alpha_option() -> Any:
    """Describe the strength of GradNorm."""
    return option(0.12, "Strength of GradNorm's pull towards equal training rates.", limits=(0.0, 100.0))


def loss_weight_option(default: float, name: str) -> Any:
    """Describe the weight of one loss."""
    return option(default, f"Weight of the {name} loss where the balance is fixed.", limits=(0.0, 1e6))


def check_multiple(options: object, name: str, divisor: int) -> None:
    """Check that every number of a tuple is a multiple of a divisor.

    Raises:
        ParameterError: One is not.
    """
    value = getattr(options, name)
    if any(side % divisor for side in value):
        raise ParameterError(f"{name}={list(value)} must be multiples of {divisor}")


@dataclass(frozen=True)
class LoopConfig:
    """Describe steps, rates and intervals of a training loop.

    Raises:
        ParameterError: A value that is not allowed.
    """

    steps: int = option(200_000, "Number of optimizer steps in all.", limits=(1, MANY))
    learning_rate: float = option(
        1e-3,
        "Highest learning rate of Adam; a linear warm-up and a cosine down to 1 % surround it.",
        limits=(1e-9, 0.999),
    )
    warmup: int = option(100, "Number of steps until the highest learning rate.", limits=(0, MANY))
    precision: Precision = precision_option()
    workers: int = option(0, "Number of processes that make batches ahead; 0 = none.", limits=(0, 1024))
    log_every: int = option(20, "Steps between two records of the losses; 0 = never.", limits=(0, MANY))
    validate_every: int = option(1000, "Steps between two validations; 0 = never.", limits=(0, MANY))
    save_every: int = option(200, "Steps between two checkpoints; 0 = only at the end.", limits=(0, MANY))
    seed: int = seed_option(0, "Seed of everything random.")

    def __post_init__(self) -> None:
        check_options(self)


def _build(kind: type[T], values: Any, where: str) -> T:
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: expected a mapping, got {values!r}")
    hints = get_type_hints(kind)
    if unknown := sorted(values.keys() - hints.keys()):
        raise ConfigError(f"{where}: unknown key '{unknown[0]}'; known: {', '.join(hints)}")
    nested = {name for name in values if dataclasses.is_dataclass(hints[name])}
    try:
        return kind(**{n: _build(hints[n], v, f"{where}.{n}") if n in nested else v for n, v in values.items()})
    except ParameterError as error:
        raise ConfigError(f"{where}: {error}") from error


def _override(values: dict[str, Any], assignment: str) -> None:
    key, separator, text = assignment.partition("=")
    if not separator:
        raise ConfigError(f"'{assignment}': expected key=value, such as loop.steps=100")
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ConfigError(f"'{assignment}': '{parent}' has no keys below it")
    try:
        values[last] = parse_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"'{assignment}': the value is not YAML: {error}") from error


def load_config(kind: type[T], path: Path | None, assignments: list[str] | None = None) -> T:
    """Read a configuration dataclass from a YAML file (None = all defaults), then apply `a.b=value` assignments.

    Raises:
        ConfigError: naming the key, its value and what would be right.
    """
    try:
        values = (parse_yaml(path.read_text(encoding="utf-8")) or {}) if path else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"configuration '{path}' cannot be read: {error}") from error
    for assignment in assignments or []:
        _override(values, assignment)
    return _build(kind, values, path.name if path else kind.__name__)
