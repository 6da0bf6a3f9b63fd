"""What the evaluation of dense depth leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from superpoint_ros.core.options import check_different, check_options, option
from superpoint_ros.inference.network_options import RuntimeOptions

Pattern: TypeAlias = Literal["uniform", "grid", "orb", "sift", "scan_lines", "given"]


@dataclass(frozen=True)
class DepthProtocol:
    """Describe every choice of the evaluation.

    Attributes:
        edges: Meters; the ranges of depth that are scored apart lie between them.

    Raises:
        ParameterError: A value that is not allowed.
    """

    pattern: Pattern = option(
        "uniform", "Where depth is sampled; 'given' takes the frame's own sparse depth, such as one lidar scan."
    )
    fractions: tuple[float, ...] = option(
        (0.0001, 0.0005, 0.002, 0.0039, 0.01),
        "Shares of the pixels that are sampled; unused where the samples are given.",
        limits=(1e-6, 1.0),
    )
    edges: tuple[float, ...] = (0.0, 2.0, 4.0, 10.0, 80.0)
    seed: int = option(0, "Seed of what the pattern leaves open.", limits=(0, 2**32 - 1))

    def __post_init__(self) -> None:
        check_options(self)
        check_different(self, "fractions")


@dataclass(frozen=True)
class MethodOptions:
    """Describe how D3 runs; the other methods have no options.

    Attributes:
        runtime: What runs it, and where.

    Raises:
        ParameterError: A value that is not allowed.
    """

    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    max_image_size: int = option(
        640, "Maximum longer side of D3's input; larger images are downscaled.", unit="px", limits=(32, 4096)
    )

    def __post_init__(self) -> None:
        check_options(self)
