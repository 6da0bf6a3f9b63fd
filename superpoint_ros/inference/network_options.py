"""Which network runs, with which weights, where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from superpoint_ros.core.options import NoneMeaning, check_options, option

Precision: TypeAlias = Literal["auto", "float32", "bfloat16", "float16", "int8"]


@dataclass(frozen=True)
class RuntimeOptions:
    """Describe what runs a network, and where; a running node cannot change it.

    Raises:
        ParameterError: A value that is not allowed.
    """

    backend: str = option(
        "auto",
        "Inference backend: 'openvino', 'torch', 'onnxruntime', or 'auto' = the fastest one installed.",
        fixed=True,
    )
    device: str = option("auto", "Inference device: 'auto', 'cpu', 'cuda' or 'cuda:N'.", fixed=True)
    precision: Precision = option(
        "auto",
        "Inference precision; 'auto' = the fastest that the weights and the device support.",
        fixed=True,
    )
    threads: int | None = option(
        None,
        "Maximum number of CPU threads of the network.",
        limits=(1, 256),
        fixed=True,
        none=NoneMeaning("OMP_NUM_THREADS, or one for each core", 0),
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class NetworkOptions:
    """Describe the network to load; a running node cannot change it.

    Attributes:
        runtime: What runs it, and where.

    Raises:
        ParameterError: A value that is not allowed.
    """

    weights: str | None = option(
        None, "Path of a weights file.", fixed=True, none=NoneMeaning("the bundled weights", "")
    )
    model: str | None = option(
        None,
        "Name of a bundled model, or path of a model file (.yaml).",
        fixed=True,
        none=NoneMeaning("the default model", ""),
    )
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)

    def __post_init__(self) -> None:
        check_options(self)
