"""Which images are matched with each other, and the epipolar geometry of their matches by OpenCV's RANSAC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import cv2
import numpy as np

from superpoint_ros.core.epipolar import usac_or_ransac
from superpoint_ros.core.matching import descriptor_distance_option, match
from superpoint_ros.core.options import check_options, option
from superpoint_ros.export.content import ExportedImage, ExportedPair, TwoViewGeometry

Pairing: TypeAlias = Literal["sequential", "exhaustive"]
Geometry: TypeAlias = tuple[np.ndarray | None, np.ndarray | None]
MIN_MATCHES = 8  # what a fundamental matrix takes
CONFIDENCE = 0.9999


@dataclass(frozen=True)
class PairOptions:
    """Describe which images are matched, and which of their matches are good.

    Raises:
        ParameterError: A value that is not allowed.
    """

    pairing: Pairing = option(
        "sequential", "Which images are matched: each with the `window` images after it, or all with each other."
    )
    window: int = option(10, "Number of following images that an image is matched with.", limits=(1, 10_000))
    max_descriptor_distance: float = descriptor_distance_option()
    epipolar_threshold: float = option(
        2.0, "Maximum distance of an inlier from its epipolar line.", unit="px", limits=(0.01, 100.0)
    )
    min_inliers: int = option(
        15, "Minimum number of inliers of a pair; pairs with fewer have no geometry.", limits=(MIN_MATCHES, 100_000)
    )

    def __post_init__(self) -> None:
        check_options(self)


def image_pairs(count: int, options: PairOptions) -> list[tuple[int, int]]:
    """List the pairs of `count` images that are matched, the first of each before the second."""
    window = options.window if options.pairing == "sequential" else count
    return [(first, second) for first, second in combinations(range(count), 2) if second - first <= window]


def match_pair(images: Sequence[ExportedImage], pair: tuple[int, int], options: PairOptions) -> ExportedPair:
    """Match two images, given by their numbers, and estimate the geometry of their matches."""
    image0, image1 = (images[number] for number in pair)
    matches = match(
        image0.features.descriptors,
        image1.features.descriptors,
        max_descriptor_distance=options.max_descriptor_distance,
    )
    xy0 = image0.features.xy[matches.index0].astype(np.float64)
    xy1 = image1.features.xy[matches.index1].astype(np.float64)
    return ExportedPair(*pair, matches, _geometry(image0, image1, xy0, xy1, options))


def _geometry(
    image0: ExportedImage, image1: ExportedImage, xy0: np.ndarray, xy1: np.ndarray, options: PairOptions
) -> TwoViewGeometry | None:
    """Estimate the geometry of matched pixels (M, 2); None where fewer than `min_inliers` agree with any."""
    camera0, camera1 = image0.camera, image1.camera
    threshold, estimate = options.epipolar_threshold, _estimate_fundamental
    calibrated = camera0 is not None and camera1 is not None
    if camera0 is not None and camera1 is not None:
        xy0, xy1, estimate = camera0.normalize(xy0), camera1.normalize(xy1), _estimate_essential
        threshold /= float(np.mean([camera.K[i, i] for camera in (camera0, camera1) for i in (0, 1)]))
    # A lens model may have no inverse near the corners
    good = np.isfinite(xy0).all(axis=1) & np.isfinite(xy1).all(axis=1)
    if good.sum() < options.min_inliers:
        return None
    matrix, agreeing = estimate(xy0[good], xy1[good], threshold)
    if matrix is None or agreeing is None or agreeing.sum() < options.min_inliers:
        return None
    inliers = np.zeros(len(xy0), bool)
    inliers[good] = agreeing
    return TwoViewGeometry(matrix if calibrated else None, None if calibrated else matrix, inliers)


def _estimate_essential(xy0: np.ndarray, xy1: np.ndarray, threshold: float) -> Geometry:
    # USAC_MAGSAC loses a fifth of the inliers of normalized points (OpenCV 5.0)
    return usac_or_ransac(
        lambda method: cv2.findEssentialMat(xy0, xy1, np.eye(3), method, CONFIDENCE, threshold), cv2.USAC_ACCURATE
    )


def _estimate_fundamental(xy0: np.ndarray, xy1: np.ndarray, threshold: float) -> Geometry:
    return usac_or_ransac(
        lambda method: cv2.findFundamentalMat(xy0, xy1, method, threshold, CONFIDENCE), cv2.USAC_ACCURATE
    )
