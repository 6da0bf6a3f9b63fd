"""Models: which weights to use, and how they are meant to be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import yaml

from superpoint_ros.core.decode_options import DEFAULT_DETECTION_THRESHOLD, FIRST_CELL_CENTER, DescriptorSampling
from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.core.yaml_text import parse_yaml

SHIPPED_MODELS = Path(__file__).resolve().parents[1] / "weights" / "models.yaml"
DEFAULT_MODEL = "superpoint"


@dataclass(frozen=True)
class ModelSpec:
    """Describe a set of weights.

    Attributes:
        name: Name of the model; of the file where the weights are somebody's own.
        file: Path of the weights.
        sha256: Digest of the file; None = any file is taken.
        descriptor_sampling: "exact" or "magicleap"; None = what the file's layout says.
        detection_threshold: Detector probability at which the model is meant to be used.
        keypoint_variance: (a, b, c) of the variance a + b exp(-c score) of each coordinate of a keypoint, in square
            pixels of the image that the network sees, fitted to the errors of matches; None = unknown.
        quantization: Path of how its layers are quantized, see networks/quantization_file.py; None = they are not.
        subpixel: Whether the model's keypoints are best moved between pixels, see core/decode_options.py.
    """

    name: str
    file: Path
    sha256: str | None = None
    descriptor_sampling: DescriptorSampling | None = None
    detection_threshold: float = DEFAULT_DETECTION_THRESHOLD
    subpixel: bool = False
    keypoint_variance: tuple[float, float, float] | None = None
    quantization: Path | None = None


def shipped_models() -> dict[str, ModelSpec]:
    """List the bundled models by name.

    Raises:
        CheckpointError: The list, a part of this package, cannot be read.
    """
    table = _read_yaml("list of the bundled models", SHIPPED_MODELS)
    if not isinstance(table, dict):
        raise CheckpointError(f"list of the bundled models '{SHIPPED_MODELS}': holds no models")
    return {name: _facts(name, entry, SHIPPED_MODELS) for name, entry in table.items()}


def find_model(weights: str | Path | None = None, model: str | Path | None = None) -> ModelSpec:
    """Find the spec of the model to use.

    Args:
        weights: path of a weights file. None = the one the model names.
        model: name of a shipped model, or path of a YAML file with ModelSpec's fields (its paths relative to it).
            None = the shipped default; with `weights` given: nothing but what the file itself tells.

    Raises:
        CheckpointError: no such model, or a model file that cannot be read.
    """
    if model is None and weights is not None:
        return ModelSpec(name=Path(weights).stem, file=Path(weights))
    facts = _named(str(model) if model is not None else DEFAULT_MODEL)
    return facts if weights is None else replace(facts, file=Path(weights), quantization=None)


def _named(model: str) -> ModelSpec:
    path = Path(model)
    if path.suffix in (".yaml", ".yml"):
        return _facts(path.stem, _read_yaml("model", path), path)
    models = shipped_models()
    if model not in models:
        raise CheckpointError(f"model '{model}' is not one of {', '.join(models)}, nor the path of a .yaml file")
    return models[model]


def _read_yaml(what: str, path: Path) -> object:
    try:
        content: object = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CheckpointError(f"{what} '{path}': cannot be read ({error})") from error
    return content


def _is_path(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-fA-F]{64}", value) is not None


def _is_probability(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value <= 1.0


def _is_variance(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 3 and all(isinstance(one, (int, float)) and one > 0 for one in value)
    )


# What a model file may say, beside paths.
VALUES: dict[str, tuple[Callable[[object], bool], str]] = {
    "sha256": (_is_digest, "64 hexadecimal digits"),
    "descriptor_sampling": (lambda value: isinstance(value, str) and value in FIRST_CELL_CENTER, "exact or magicleap"),
    "detection_threshold": (_is_probability, "between 0 and 1"),
    "subpixel": (lambda value: isinstance(value, bool), "true or false"),
    "keypoint_variance": (_is_variance, "three positive numbers"),
}


def _facts(name: str, entry: object, source: Path) -> ModelSpec:
    known = {field.name for field in fields(ModelSpec)} - {"name"}
    if not isinstance(entry, dict) or "file" not in entry or not set(entry) <= known:
        raise CheckpointError(f"model '{name}' in '{source}': needs 'file' and may have {', '.join(sorted(known))}")
    for key, value in entry.items():
        allowed, words = VALUES.get(key, (_is_path, "a path"))
        if not allowed(value) and not (value is None and key != "file"):
            raise CheckpointError(f"model '{name}' in '{source}': {key}={value!r} is not {words}")
    files = {key: source.parent / str(entry[key]) for key in ("file", "quantization") if entry.get(key)}
    return ModelSpec(**{"name": name, **entry, **files})
