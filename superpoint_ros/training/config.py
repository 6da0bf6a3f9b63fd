"""Typed, bounded configuration: YAML files and `key=value` overrides into frozen dataclasses."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from superpoint_ros.core.errors import SuperPointRosError

T = TypeVar("T")
PRECISIONS = ("bf16-mixed", "32-true")


class ConfigError(SuperPointRosError, ValueError):
    """Report a configuration with an unknown key, a wrong type or a value out of range."""


def require(config: object, **checks: bool) -> None:
    """Raise ConfigError for the first field whose check failed."""
    for name, good in checks.items():
        if not good:
            raise ConfigError(f"{type(config).__name__}.{name}={getattr(config, name)!r} is out of range")


def is_image_size(size: tuple[int, int]) -> bool:
    """Tell whether a size is (height, width), each a positive multiple of 8."""
    return len(size) == 2 and all(side > 0 and side % 8 == 0 for side in size)


@dataclass(frozen=True)
class LoopConfig:
    """Steps, rates and intervals of a training loop.

    Attributes:
        steps: Number of optimiser steps in all.
        learning_rate: Highest learning rate of Adam; a linear warm-up and a cosine down to 1 % surround it.
        warmup: Number of steps until the highest learning rate.
        precision: "bf16-mixed" or "32-true".
        workers: Number of processes that make batches ahead; 0 = none.
        log_every: Steps between two records of the losses; 0 = never.
        validate_every: Steps between two validations; 0 = never.
        save_every: Steps between two checkpoints; 0 = only at the end.
        seed: Seed of everything random.
    """

    steps: int = 200_000
    learning_rate: float = 1e-3
    warmup: int = 100
    precision: str = "bf16-mixed"
    workers: int = 0
    log_every: int = 20
    validate_every: int = 1000
    save_every: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        require(
            self,
            steps=self.steps > 0,
            learning_rate=0.0 < self.learning_rate < 1.0,
            warmup=self.warmup >= 0,
            precision=self.precision in PRECISIONS,
            workers=self.workers >= 0,
            log_every=self.log_every >= 0,
            validate_every=self.validate_every >= 0,
            save_every=self.save_every >= 0,
            seed=self.seed >= 0,
        )


def _convert(value: Any, kind: Any, where: str) -> Any:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _build(kind, value, where)
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if not isinstance(value, (list, tuple)) or len(value) != len(kinds):
            raise ConfigError(f"{where}: expected {len(kinds)} values, got {value!r}")
        return tuple(_convert(v, k, f"{where}[{i}]") for i, (v, k) in enumerate(zip(value, kinds, strict=True)))
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise ConfigError(f"{where}: expected {kind.__name__}, got {value!r}")
    return value


def _build(kind: type[T], values: Any, where: str) -> T:
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: expected a mapping, got {values!r}")
    hints = get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise ConfigError(f"{where}: unknown key '{unknown[0]}'; known: {', '.join(hints)}")
    converted = {name: _convert(value, hints[name], f"{where}.{name}") for name, value in values.items()}
    try:
        return kind(**converted)
    except ValueError as error:
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
    values[last] = yaml.safe_load(text)


def load_config(kind: type[T], path: Path | None, assignments: list[str] | None = None) -> T:
    """Read a configuration dataclass from a YAML file (None = all defaults), then apply `a.b=value` assignments.

    Raises:
        ConfigError: naming the key, its value and what would be right.
    """
    try:
        values = (yaml.safe_load(path.read_text()) or {}) if path else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"configuration '{path}' cannot be read: {error}") from error
    for assignment in assignments or []:
        _override(values, assignment)
    return _build(kind, values, path.name if path else kind.__name__)
