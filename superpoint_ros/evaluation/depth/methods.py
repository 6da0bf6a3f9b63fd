"""What `evaluate depth` compares, by name: the classical fills, and D3 with any weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.evaluation.depth.baselines import FILLS, Fill
from superpoint_ros.inference.densifier import Densifier, DensifierOptions


@dataclass(frozen=True)
class Method:
    """A way to fill in depth.

    Attributes:
        name: as it is asked for.
        fill: image, sparse depth -> dense depth.
        densifier: what gives its confidence; None for methods that have none.
        settings: of the method, for the report.
    """

    name: str
    fill: Fill
    densifier: Densifier | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def make_methods(names: Sequence[str], device: str = "auto", max_image_size: int = 640) -> list[Method]:
    """The methods of these names: those of FILLS, "d3" (the weights that ship) and "d3:PATH".

    Raises:
        DatasetError: no such method.
        CheckpointError, BackendError: weights or device that cannot be used.
    """
    return [_make(name, device, max_image_size) for name in names]


def _make(name: str, device: str, max_image_size: int) -> Method:
    if name in FILLS:
        return Method(name, FILLS[name])
    kind, _, weights = name.partition(":")
    if kind != "d3":
        raise DatasetError(f"method '{name}' is not one of {', '.join(FILLS)}, d3, d3:WEIGHTS")
    densifier = Densifier(weights or None, device=device, options=DensifierOptions(max_image_size=max_image_size))

    def fill(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
        return np.nan_to_num(densify(densifier, image, sparse).depth)

    settings = {"weights_sha256": densifier.weights_sha256, "max_image_size": densifier.options.max_image_size}
    return Method(name, fill, densifier, settings)


def densify(densifier: Densifier, image: np.ndarray, sparse: np.ndarray) -> DenseDepth:
    """The densifier on an image as data sets give it, gray or BGR."""
    return densifier.densify(image, sparse, color="bgr")
