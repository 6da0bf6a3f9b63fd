"""The methods that `evaluate depth` compares, by name: the classical fills, and D3 with any weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.evaluation.depth.baselines import FILLS, Fill
from superpoint_ros.evaluation.depth.options import MethodOptions
from superpoint_ros.inference.densifier import Densifier, DensifierOptions

DEFAULT_OPTIONS = MethodOptions()


@dataclass(frozen=True)
class Method:
    """Hold a method that makes depth dense.

    Attributes:
        name: Name by which it was asked for.
        fill: Image, sparse depth -> dense depth.
        densifier: Densifier that gives its confidence; None = it has none.
        settings: Everything that determines the result, for the report.
    """

    name: str
    fill: Fill
    densifier: Densifier | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def make_methods(names: Sequence[str], options: MethodOptions = DEFAULT_OPTIONS) -> list[Method]:
    """Make methods by name.

    Args:
        names: Names of FILLS, "d3" (the bundled weights), or "d3:PATH".
        options: How D3 runs.

    Raises:
        DatasetError: A method does not exist.
        CheckpointError: The weights cannot be used.
        BackendError: The device cannot be used.
    """
    return [_make(name, options) for name in dict.fromkeys(names)]


def _make(name: str, options: MethodOptions) -> Method:
    if name in FILLS:
        return Method(name, FILLS[name])
    kind, _, weights = name.partition(":")
    if kind != "d3":
        raise DatasetError(f"method '{name}' is not one of {', '.join(FILLS)}, d3, d3:WEIGHTS")
    densifier_options = DensifierOptions(max_image_size=options.max_image_size)
    densifier = Densifier(weights or None, **vars(options.runtime), options=densifier_options)

    def fill(image: np.ndarray, sparse: np.ndarray) -> np.ndarray:
        result: np.ndarray = np.nan_to_num(densify(densifier, image, sparse).depth)
        return result

    settings = {"weights_sha256": densifier.weights_sha256, "max_image_size": densifier.options.max_image_size}
    return Method(name, fill, densifier, settings)


def densify(densifier: Densifier, image: np.ndarray, sparse: np.ndarray) -> DenseDepth:
    """Run the densifier on an image as data sets give it, gray or BGR."""
    return densifier.densify(image, sparse, color="bgr")
