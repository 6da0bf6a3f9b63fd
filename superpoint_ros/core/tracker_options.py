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
        "descriptor: keypoints are matched from image to image by their descriptors; flow: keypoints are followed by "
        "optical flow; hybrid: followed by flow; confirmed, ended and recovered by descriptors.",
        fixed=True,
    )
    network_every: int = option(
        1,
        "The network processes every Nth image (policy latest: at most that often); in between, trackers flow and "
        "hybrid follow, and tracker descriptor has no tracks.",
        limits=(1, 1000),
    )
    max_descriptor_distance: float = descriptor_distance_option()
    max_missed_frames: int = option(
        5, "Number of images with keypoints that a track may go unseen before it is dropped.", limits=(0, 1000)
    )
    max_displacement: float | None = option(
        None, "Maximum motion of a point per image.", unit="px", limits=(0.1, 10_000.0), none=NO_LIMIT
    )
    epipolar_threshold: float | None = option(
        None,
        "Maximum distance of a match from its epipolar line.",
        unit="px",
        limits=(0.01, 100.0),
        none=NO_CHECK,
    )

    max_tracks: int = option(
        500,
        "Maximum number of points that optical flow follows; at that number no new tracks begin, but lost ones are "
        "still recovered.",
        limits=(1, 10_000),
    )
    flow_cell_size: int = option(
        16,
        "Cell size of the grid that spaces tracks: no track begins in a cell in which optical flow follows another.",
        unit="px",
        limits=(1, 1000),
    )
    flow_confirm_radius: float = option(
        1.5,
        "Maximum distance at which a keypoint confirms or ends a track that optical flow follows.",
        unit="px",
        limits=(0.1, 100.0),
    )
    flow_search_radius: float = option(
        20.0,
        "Maximum distance at which a lost track is recovered, from where the motion of other tracks would have "
        "brought it.",
        unit="px",
        limits=(0.1, 10_000.0),
    )
    flow_max_unconfirmed: int = option(
        30,
        "Number of images with keypoints over which optical flow may follow a track that no keypoint confirms.",
        limits=(0, 10_000),
    )
    flow: FlowOptions = field(default_factory=FlowOptions)

    def __post_init__(self) -> None:
        check_options(self)
