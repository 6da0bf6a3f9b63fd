"""What is exported of a sequence: its images with features, and the pairs of them that were matched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.types import Features, Matches


@dataclass(frozen=True)
class ExportedImage:
    """Hold one image of an export.

    Attributes:
        name: Name of its file, unique in the export.
        features: Its features, in pixels of the file.
        camera: Its camera, for the size of the file; None = unknown.
    """

    name: str
    features: Features
    camera: Camera | None


@dataclass(frozen=True)
class TwoViewGeometry:
    """Hold the epipolar geometry of two images.

    Attributes:
        essential: E (3, 3) with x1^T E x0 = 0 for undistorted X/Z, Y/Z; None where a camera is unknown.
        fundamental: F (3, 3), the same for pixels; None where both cameras are known.
        inliers: Matches that agree with it, bool (M,).
    """

    essential: np.ndarray | None
    fundamental: np.ndarray | None
    inliers: np.ndarray


@dataclass(frozen=True)
class ExportedPair:
    """Hold the matches of two images.

    Attributes:
        image0: Number of the first image, from 0.
        image1: Number of the second image, larger than that of the first.
        matches: Rows of the features of both.
        geometry: What the matches agree with; None where too few agree with anything.
    """

    image0: int
    image1: int
    matches: Matches
    geometry: TwoViewGeometry | None
