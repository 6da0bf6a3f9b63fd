"""Features of two calibrated cameras: which of them are the same points, and how far away these are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.matching import match
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.core.triangulation import triangulate
from superpoint_ros.core.types import Features, Matches


@dataclass(frozen=True)
class StereoRig:
    """Two cameras that are fixed to each other.

    Attributes:
        camera0, camera1: of the two images.
        T_1_0: (4, 4), pose of camera 0 in the frame of camera 1, metres.
    """

    camera0: Camera
    camera1: Camera
    T_1_0: np.ndarray


@dataclass(frozen=True)
class StereoDepth:
    """The points that both cameras see.

    Attributes:
        matches: those that agree with the cameras' geometry and lie within range.
        depth: float32 (M,), of each match, metres along camera 0's optical axis.
        candidates: how many two-way matches there were before geometry was asked.
    """

    matches: Matches
    depth: np.ndarray
    candidates: int


def stereo_depth(
    features0: Features, features1: Features, rig: StereoRig, options: StereoOptions = StereoOptions()
) -> StereoDepth:
    """Two-way nearest neighbours that triangulate.

    Matching among all keypoints and then asking geometry finds as many right depths as matching along epipolar lines,
    and fewer wrong ones: a keypoint whose partner was not detected is more often left alone.

    Raises:
        ValueError: the two sets have descriptors of different size.
    """
    found = match(features0.descriptors, features1.descriptors, options.max_descriptor_distance)
    xy0, xy1 = features0.xy[found.index0], features1.xy[found.index1]
    depth = triangulate(
        xy0,
        xy1,
        rig.camera0,
        rig.camera1,
        rig.T_1_0,
        max_reprojection_error=options.max_reprojection_error,
        min_parallax=options.min_parallax,
    )
    with np.errstate(invalid="ignore"):
        kept = (depth >= options.min_depth) & (depth <= (options.max_depth or np.inf))
    matches = Matches(found.index0[kept], found.index1[kept], found.distance[kept])
    return StereoDepth(matches, depth[kept], len(found))
