"""Options that several nodes share, and what a node's parameters are made of; nothing here needs ROS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import numpy as np

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.geometry import pose_from_quaternion
from superpoint_ros.core.options import NoneMeaning, OptionSpec, build_options, check_options, option, option_specs
from superpoint_ros.core.stamps import SECOND

Policy: TypeAlias = Literal["latest", "every_frame"]
Transport: TypeAlias = Literal["raw", "compressed"]
# x, y, z [m], qx, qy, qz, qw
PoseValues: TypeAlias = tuple[float, float, float, float, float, float, float]
Parameters = TypeVar("Parameters")


@dataclass(frozen=True)
class NodeOptions:
    """Describe how a node starts, and what it does where input comes faster than it is processed."""

    autostart: bool = option(
        True,
        "Whether the node configures and activates itself at start; if not, it waits unconfigured for a lifecycle "
        "manager.",
        fixed=True,
    )
    policy: Policy = option(
        "latest",
        "latest: the newest message of each input is processed, older ones are dropped and counted (robot); "
        "every_frame: all are processed, in order of arrival (replay).",
        fixed=True,
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class PairingOptions:
    """Describe which messages of two topics make a pair."""

    slop: float = option(
        0.0,
        "Maximum difference between the stamps of a pair; 0 = equal stamps.",
        unit="s",
        limits=(0.0, 10.0),
        fixed=True,
    )
    queue_size: int = option(
        30, "Maximum number of messages of a topic that wait for their partner.", limits=(1, 10_000), fixed=True
    )

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def slop_nanoseconds(self) -> int:
        """Return the largest difference of a pair's stamps [ns]."""
        return round(SECOND * self.slop)


@dataclass(frozen=True)
class SyncOptions:
    """Describe which images of several cameras make a set."""

    sync_tolerance: float = option(
        0.0,
        "Maximum difference between the stamps of a set, images of several cameras that are processed together; 0 = "
        "each image is processed separately.",
        unit="s", limits=(0.0, 10.0), fixed=True,
    )  # fmt: skip
    sync_timeout: float = option(
        0.1,
        "Maximum time that an image waits for the rest of its set: wall-clock time with policy latest, by the stamps "
        "of other images with every_frame.",
        unit="s", limits=(0.0, 10.0), fixed=True,
    )  # fmt: skip
    min_cameras: int = option(
        1,
        "Minimum number of cameras in a set; smaller sets are dropped.",
        limits=(1, 1000),
        fixed=True,
    )

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def is_on(self) -> bool:
        """Tell whether images are processed in sets."""
        return self.sync_tolerance > 0.0

    @property
    def tolerance_nanoseconds(self) -> int:
        """Return the largest difference of a set's stamps [ns]."""
        return round(SECOND * self.sync_tolerance)

    @property
    def timeout_nanoseconds(self) -> int:
        """Return the longest wait of an image for its set [ns]."""
        return round(SECOND * self.sync_timeout)


@dataclass(frozen=True)
class InputLimits:
    """Describe how large inputs may be; what is larger is skipped before anything of its size is allocated."""

    max_megapixels: float = option(
        16.0, "Maximum image size; larger images are skipped.", unit="Mpx", limits=(0.01, 1000.0)
    )

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def max_pixels(self) -> int:
        """Return the largest number of pixels of an image."""
        return round(1e6 * self.max_megapixels)


def pose_option(description: str, otherwise: str) -> Any:
    """Describe a field that holds a pose, which a running node cannot change.

    Args:
        description: Whose pose, in which frame.
        otherwise: What holds where it is not set.
    """
    text = f"{description}: x, y, z [m], qx, qy, qz, qw."
    return option(None, text, fixed=True, none=NoneMeaning(otherwise, None))


def pose_matrix(name: str, values: PoseValues | None) -> np.ndarray | None:
    """Convert a pose given as x, y, z [m], qx, qy, qz, qw to a rigid (4, 4) transform; None stays None.

    Args:
        name: Name of the parameter, for the message.
        values: Its value.

    Raises:
        ParameterError: Numbers that are not finite, or a quaternion of zero.
    """
    if values is None:
        return None
    if not np.isfinite(values).all() or not np.linalg.norm(values[3:]) > 0.0:
        raise ParameterError(f"{name}={list(values)} must be x, y, z, qx, qy, qz, qw, the quaternion not zero")
    return pose_from_quaternion(np.array(values[:3]), np.array(values[3:]))


def no_further_specs(values: Mapping[str, Any]) -> dict[str, OptionSpec]:
    """Describe a node whose parameters do not depend on each other."""
    return {}


@dataclass(frozen=True)
class ParameterSchema(Generic[Parameters]):
    """Describe the parameters of a node: which there are, and what is made of their values.

    Attributes:
        node: Name of the node.
        specs: Its parameters by name.
        build: Values by name, as Python has them -> the checked parameters.
        further: Parameters that there are because of the values of the others.
    """

    node: str
    specs: Mapping[str, OptionSpec]
    build: Callable[[Mapping[str, Any]], Parameters]
    further: Callable[[Mapping[str, Any]], Mapping[str, OptionSpec]] = no_further_specs

    @classmethod
    def of(cls, node: str, kind: type[Parameters]) -> ParameterSchema[Parameters]:
        """Describe a node all of whose parameters are options of one dataclass."""
        return cls(node, option_specs(kind), partial(build_options, kind))

    def parse(self, values: Mapping[str, Any]) -> Parameters:
        """Check values as ROS holds them; other names are ignored, absent ones have their defaults.

        Raises:
            ParameterError: A value that is not allowed.
        """
        known = self._from_plain(self.specs, values)
        return self.build(known | self._from_plain(self.further(known), values))

    def all_specs(self) -> dict[str, OptionSpec]:
        """Describe all parameters that there are by default."""
        return {**self.specs, **self.further({name: spec.default for name, spec in self.specs.items()})}

    @staticmethod
    def _from_plain(specs: Mapping[str, OptionSpec], values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: spec.from_plain(values[name]) for name, spec in specs.items() if name in values}


def camera_info_beside(image_topic: str) -> str:
    """Return the topic camera_info in the namespace of an image topic, raw or compressed."""
    folder, slash, _ = image_topic.removesuffix("/compressed").rpartition("/")
    return f"{folder}{slash}camera_info"
