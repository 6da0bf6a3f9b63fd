"""Which matches continue a track, and how points are followed between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from superpoint_ros.core.matching import descriptor_distance_option
from superpoint_ros.core.optical_flow import FlowOptions
from superpoint_ros.core.options import NO_CHECK, NO_LIMIT, check_options, option

TrackerKind: TypeAlias = Literal["descriptor", "flow", "hybrid"]


@dataclass(frozen=True)
class TrackerOptions:
    """Describe which matches continue a track.

    >>> TrackerOptions(max_displacement=30.0).max_missed_frames
    5

    Raises:
        ParameterError: A value that is not allowed.
    """

    tracker: TrackerKind = option(
        "descriptor",
        "descriptor: keypoints matched from image to image by their descriptors; flow: keypoints followed by optical "
        "flow; hybrid: followed by flow, confirmed, ended and found again by descriptors.",
        fixed=True,
    )
    network_every: int = option(
        1,
        "Number of images from one that the network sees to the next, with policy latest at least; between them "
        "trackers flow and hybrid follow, and tracker descriptor has no tracks.",
        limits=(1, 1000),
    )
    max_descriptor_distance: float = descriptor_distance_option()
    max_missed_frames: int = option(
        5, "Number of images with keypoints in which a track may stay unseen before it is given up.", limits=(0, 1000)
    )
    max_displacement: float | None = option(
        None, "Largest motion of a point per image.", unit="px", limits=(0.1, 10_000.0), none=NO_LIMIT
    )
    epipolar_threshold: float | None = option(
        None,
        "Largest distance of a match from its epipolar line.",
        unit="px",
        limits=(0.01, 100.0),
        none=NO_CHECK,
    )

    max_tracks: int = option(
        500,
        "Number of points that optical flow follows at once; no new track begins beyond it, old ones are found again.",
        limits=(1, 10_000),
    )
    flow_cell_size: int = option(
        16,
        "Side of the cells of a grid: where a cell has a track that optical flow follows, no new one begins.",
        unit="px",
        limits=(1, 1000),
    )
    flow_confirm_radius: float = option(
        1.5,
        "Distance up to which a keypoint confirms or ends a track that optical flow has brought there.",
        unit="px",
        limits=(0.1, 100.0),
    )
    flow_search_radius: float = option(
        20.0,
        "Distance from where the others' motion would have brought a lost track, up to which it is found again.",
        unit="px",
        limits=(0.1, 10_000.0),
    )
    flow_max_unconfirmed: int = option(
        30,
        "Number of images with keypoints in which optical flow may follow a track that no keypoint confirms.",
        limits=(0, 10_000),
    )
    flow: FlowOptions = field(default_factory=FlowOptions)

    def __post_init__(self) -> None:
        check_options(self)
