"""Which network runs, with which weights, where."""

from __future__ import annotations

from dataclasses import dataclass

from superpoint_ros.core.options import NoneMeaning, check_options, option


@dataclass(frozen=True)
class NetworkOptions:
    """Describe the network to load; a running node cannot change it.

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
    backend: str = option("auto", "What runs the network: 'auto' or the name of a backend.", fixed=True)
    device: str = option("auto", "Device that runs it: 'auto', 'cpu', 'cuda' or 'cuda:N'.", fixed=True)

    def __post_init__(self) -> None:
        check_options(self)
