"""Typed, bounded configuration: YAML files and `key=value` overrides into frozen dataclasses."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.networks.superpoint import ENCODER
from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.scenes.photometric import PhotometricRanges

T = TypeVar("T")
PRECISIONS = ("bf16-mixed", "32-true")


class ConfigError(SuperPointRosError, ValueError):
    """A configuration with an unknown key, a wrong type or a value out of range."""


def require(config: object, **checks: bool) -> None:
    """Raise ConfigError for the first field whose check failed."""
    for name, good in checks.items():
        if not good:
            raise ConfigError(f"{type(config).__name__}.{name}={getattr(config, name)!r} is out of range")


def is_image_size(size: tuple[int, int]) -> bool:
    """(height, width), each a positive multiple of 8."""
    return len(size) == 2 and all(side > 0 and side % 8 == 0 for side in size)


@dataclass(frozen=True)
class LoopConfig:
    """What every training loop needs.

    Attributes:
        steps: optimiser steps in all.
        learning_rate: of Adam at its highest; a linear warm-up and a cosine down to 1 % surround it.
        warmup: steps until the highest learning rate.
        precision: "bf16-mixed" or "32-true".
        workers: processes that make batches ahead; 0 = none.
        log_every, validate_every, save_every: steps between; 0 = never.
        seed: of everything random.
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


@dataclass(frozen=True)
class MagicPointConfig:
    """MagicPoint on Synthetic Shapes (SuperPoint paper, section 4).

    Attributes:
        size: (height, width) of the drawings, multiples of 8.
        batch: drawings per step.
        corner_weight: how often cells with a corner count in the loss; 1 as in the paper.
        validation_images: drawings to validate on.
        warp: how figures are seen.
        photometric: noise.
        loop: steps and so on.
    """

    size: tuple[int, int] = (120, 160)
    batch: int = 32
    corner_weight: float = 1.0
    validation_images: int = 200
    warp: HomographyRanges = field(default_factory=HomographyRanges)
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        require(
            self,
            size=is_image_size(self.size),
            batch=self.batch > 0,
            corner_weight=self.corner_weight > 0.0,
            validation_images=self.validation_images > 0,
        )


@dataclass(frozen=True)
class AdaptationConfig:
    """Homographic Adaptation (SuperPoint paper, section 5).

    Attributes:
        homographies: warps per image, the identity included, which comes first.
        area: pixels that an image is shrunk to, keeping its shape; smaller ones stay.
        ranges: of the homographies.
        erosion: pixels at the edge of a warp's content that do not count.
        batch: warps that go through the network at once.
        threshold: least aggregated score of a label.
        nms_radius: pixels between labels.
        max_labels: per image.
        precision: "bf16-mixed" or "32-true".
        seed: of the homographies.
    """

    homographies: int = 100
    area: int = 240 * 320
    ranges: HomographyRanges = field(default_factory=lambda: HomographyRanges(scale=0.5, translation=0.2))
    erosion: int = 3
    batch: int = 50
    threshold: float = 0.02
    nms_radius: int = 4
    max_labels: int = 600
    precision: str = "bf16-mixed"
    seed: int = 0

    def __post_init__(self) -> None:
        require(
            self,
            homographies=self.homographies > 0,
            area=self.area >= 64,
            erosion=self.erosion >= 0,
            batch=self.batch > 0,
            threshold=0.0 < self.threshold < 1.0,
            nms_radius=self.nms_radius >= 0,
            max_labels=self.max_labels > 0,
            precision=self.precision in PRECISIONS,
            seed=self.seed >= 0,
        )


@dataclass(frozen=True)
class SuperPointConfig:
    """Joint training of detector and descriptor on pairs of views (SuperPoint paper, section 6).

    Attributes:
        canvas: (height, width) that an image is resized and cropped to before it is warped.
        size: (height, width) of the views, multiples of 8.
        batch: pairs per step.
        first_view, second_view: how views differ from the canvas.
        photometric: noise of both views.
        label_threshold: least score of a label that is used.
        least_labels: the strongest this many labels of an image are used, however weak; keeps textures from being
            learnt as places without corners.
        places: common places per pair at which descriptors are compared.
        descriptor_loss: "contrastive" or "hinge" (the paper's).
        corner_weight: how often cells with a corner count in the detector's loss; 1 as in the paper.
        sharpness: factor of the similarities in the contrastive loss.
        balance: "fixed" or "gradnorm".
        detector_weight, descriptor_weight: of the losses, where fixed.
        alpha: of GradNorm.
        validation_images: images kept out of training, to validate on.
        frozen_layers: Number of the encoder's first layers that keep their initial weights.
        loop: steps and so on.
    """

    canvas: tuple[int, int] = (360, 480)
    size: tuple[int, int] = (240, 320)
    batch: int = 32
    first_view: HomographyRanges = field(default_factory=lambda: HomographyRanges(0.8, 0.05, 0.2, 15.0, 0.1))
    second_view: HomographyRanges = field(default_factory=lambda: HomographyRanges(0.8, 0.2, 0.5, 60.0, 0.1))
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    label_threshold: float = 0.05
    least_labels: int = 100
    places: int = 400
    descriptor_loss: str = "contrastive"
    corner_weight: float = 1.0
    sharpness: float = 20.0
    balance: str = "fixed"
    detector_weight: float = 1.0
    descriptor_weight: float = 1.0
    alpha: float = 0.12
    validation_images: int = 32
    frozen_layers: int = 0
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        require(
            self,
            canvas=is_image_size(self.canvas),
            size=is_image_size(self.size),
            batch=self.batch > 0,
            label_threshold=0.0 <= self.label_threshold < 1.0,
            least_labels=self.least_labels >= 0,
            places=self.places > 1,
            descriptor_loss=self.descriptor_loss in ("contrastive", "hinge"),
            corner_weight=self.corner_weight > 0.0,
            sharpness=self.sharpness > 0.0,
            balance=self.balance in ("fixed", "gradnorm"),
            detector_weight=self.detector_weight >= 0.0,
            descriptor_weight=self.descriptor_weight >= 0.0,
            alpha=self.alpha >= 0.0,
            validation_images=self.validation_images > 0,
            frozen_layers=0 <= self.frozen_layers <= len(ENCODER),
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
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"configuration '{path}' cannot be read: {error}") from error
    for assignment in assignments or []:
        _override(values, assignment)
    return _build(kind, values, path.name if path else kind.__name__)
