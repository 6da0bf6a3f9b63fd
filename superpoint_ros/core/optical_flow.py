"""Points followed from one image to the next by pyramidal Lucas-Kanade, with a check that they find their way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from superpoint_ros.core.geometry import inside_image
from superpoint_ros.core.options import NO_CHECK, check_options, option

# Smallest eigenvalue of a window's structure tensor, as OpenCV normalizes it: below, the window has no corner.
MIN_EIGENVALUE = 1e-4
# Of the variance of a step [px^2]: its scale over residual^2 / eigenvalue, and its limits.
VARIANCE_SCALE, VARIANCE_LIMITS = 4.6e-5, (0.003, 0.4)
# The way back starts where the point came from, so that it needs fewer levels.
LEVELS_BACK = 1


@dataclass(frozen=True)
class FlowOptions:
    """Describe how points are followed by optical flow.

    >>> FlowOptions(flow_radius=7).flow_levels
    3

    Raises:
        ParameterError: A value that is not allowed.
    """

    flow_radius: int = option(10, "Half the side of the optical flow window.", unit="px", limits=(2, 30))
    flow_levels: int = option(
        3, "Number of times that optical flow halves the images; more levels follow faster motion.", limits=(0, 6)
    )
    flow_max_return_error: float | None = option(
        0.7,
        "Maximum forward-backward error of optical flow: distance of a point, followed to the next image and back, "
        "from its start.",
        unit="px",
        limits=(0.01, 100.0),
        none=NO_CHECK,
    )
    flow_min_quality: float = option(
        0.02,
        "Minimum corner strength of a keypoint that begins a track, as a fraction of the strongest one's.",
        limits=(0.0, 1.0),
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class Flow:
    """Hold where points of one image are in another; row i is point i.

    Attributes:
        xy: Positions in the other image, float32 (N, 2), pixels.
        found: Whether the point could be followed, bool (N,).
        variance: Variance that the way adds to each coordinate, float32 (N,), square pixels; NaN where none is known.
        residual: Mean absolute difference of the windows of the last step, float32 (N,), gray levels; NaN where OpenCV
            has none.
        return_error: Distance from the start of the last step after the way back, float32 (N,), pixels.
    """

    xy: np.ndarray
    found: np.ndarray
    variance: np.ndarray
    residual: np.ndarray
    return_error: np.ndarray

    def __len__(self) -> int:
        return len(self.xy)

    def replaced(self, rows: np.ndarray, other: Flow) -> Flow:
        """Return the flow with the points of a mask (N,) taken from another one, in order."""
        values = {one.name: getattr(self, one.name).copy() for one in fields(self)}
        for name, value in values.items():
            value[rows] = getattr(other, name)
        return Flow(**values)


def step_variance(residual: np.ndarray, eigenvalue: np.ndarray) -> np.ndarray:
    """Return the variance that a step adds to each coordinate, float32 (N,), square pixels; NaN where none is known.

    As of least squares: the residual's over what the window's gradients tell; scale and limits were measured on
    photographs warped by known homographies, with noise and a change of brightness.

    Args:
        residual: Mean absolute difference of the two windows, float32 (N,), gray levels.
        eigenvalue: Smaller eigenvalue of the window's structure tensor in the other image, float32 (N,), as OpenCV
            normalizes it.
    """
    expected = VARIANCE_SCALE * residual**2 / np.maximum(eigenvalue, MIN_EIGENVALUE)
    variance: np.ndarray = np.clip(expected, *VARIANCE_LIMITS).astype(np.float32)
    return variance


def follow_points(
    image0: np.ndarray, image1: np.ndarray, xy: np.ndarray, options: FlowOptions, guess: np.ndarray | None = None
) -> Flow:
    """Follow points from one image to another of the same size.

    B. D. Lucas and T. Kanade, "An iterative image registration technique", IJCAI 1981; J.-Y. Bouguet, "Pyramidal
    implementation of the Lucas Kanade feature tracker", 2000; the check by the way back is that of Z. Kalal et al.,
    "Forward-backward error", ICPR 2010.

    >>> image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8), (0, 0), 2)
    >>> flow = follow_points(image, np.roll(image, (1, 3), (0, 1)), np.float32([[40, 40]]), FlowOptions())
    >>> flow.xy.round(1).tolist(), flow.found.tolist()
    ([[43.0, 41.0]], [True])

    Args:
        image0: Image in which the points are known, uint8 (H, W).
        image1: Image in which they are sought, uint8 (H, W).
        xy: Points of `image0`, float32 (N, 2), pixels.
        options: How they are followed.
        guess: Where the search begins, float32 (N, 2), pixels; None = where the points were.
    """
    if len(xy) == 0:
        nothing = np.zeros(0, np.float32)
        return Flow(np.zeros((0, 2), np.float32), np.zeros(0, bool), nothing, nothing, nothing)
    start = np.ascontiguousarray(xy, np.float32).reshape(-1, 1, 2)
    side = 2 * options.flow_radius + 1
    common: dict[str, Any] = {"winSize": (side, side), "minEigThreshold": MIN_EIGENVALUE}
    # Forward, from the guess if there is one.
    first = np.array(xy if guess is None else guess, np.float32).reshape(-1, 1, 2)
    end, reached, residual = cv2.calcOpticalFlowPyrLK(
        image0, image1, start, first, maxLevel=options.flow_levels, flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **common
    )
    # And back; on this way the "error" is the eigenvalue of the window around the end.
    back, returned, eigenvalue = cv2.calcOpticalFlowPyrLK(
        image1, image0, end, start.copy(), maxLevel=min(LEVELS_BACK, options.flow_levels),
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW | cv2.OPTFLOW_LK_GET_MIN_EIGENVALS, **common,
    )  # fmt: skip
    found_xy = end.reshape(-1, 2)
    return_error = np.linalg.norm(back - start, axis=2).ravel()
    # What OpenCV says of points that it lost is not set at all.
    followed = (reached.ravel() == 1) & (returned.ravel() == 1)
    residual, eigenvalue = (np.where(followed, one.ravel(), np.float32(np.nan)) for one in (residual, eigenvalue))
    found = followed & inside_image(found_xy, (image1.shape[0], image1.shape[1]))
    if options.flow_max_return_error is not None:
        found &= return_error <= options.flow_max_return_error
    return Flow(found_xy, found, step_variance(residual, eigenvalue), residual, return_error)


def corner_strength(image: np.ndarray, xy: np.ndarray, options: FlowOptions) -> np.ndarray:
    """Measure how well the windows around points can be followed.

    J. Shi and C. Tomasi, "Good features to track", CVPR 1994: the smaller eigenvalue of the structure tensor.

    >>> image = np.zeros((60, 60), np.uint8)
    >>> image[30:, 30:] = 255
    >>> strength = corner_strength(image, np.float32([[30, 30], [45, 30], [15, 15]]), FlowOptions())
    >>> (strength > 0.01).tolist()  # a corner, an edge, nothing
    [True, False, False]

    Args:
        image: Image, uint8 (H, W).
        xy: Points, float32 (N, 2), pixels.
        options: Has the radius of the windows.

    Returns:
        float32 (N,), as OpenCV normalizes it.
    """
    if len(xy) == 0:
        return np.zeros(0, np.float32)
    points, side = np.ascontiguousarray(xy, np.float32).reshape(-1, 1, 2), 2 * options.flow_radius + 1
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW | cv2.OPTFLOW_LK_GET_MIN_EIGENVALS
    _, _, eigenvalue = cv2.calcOpticalFlowPyrLK(
        image, image, points, points.copy(), winSize=(side, side), maxLevel=0, flags=flags, minEigThreshold=0.0
    )
    strength: np.ndarray = eigenvalue.ravel()
    return strength


def follow_through(images: Sequence[np.ndarray], xy: np.ndarray, options: FlowOptions) -> Flow:
    """Follow points (N, 2) of the first of successive images to the last one, image by image; variances add up."""
    nothing = np.zeros(len(xy), np.float32)
    flow = Flow(xy, np.ones(len(xy), bool), nothing, nothing, nothing)
    for before, after in pairwise(images):
        step = follow_points(before, after, flow.xy, options)
        flow = replace(step, found=flow.found & step.found, variance=flow.variance + step.variance)
    return flow


def follow_along(
    images: Sequence[np.ndarray], xy: np.ndarray, options: FlowOptions, guess: np.ndarray | None = None
) -> Flow:
    """Follow points (N, 2) of the first of successive images to the last one: at once, else image by image.

    Args:
        images: The way; of a single one the points stay where they are, without variance.
        xy: Points of the first image, float32 (N, 2), pixels.
        options: How they are followed.
        guess: Where they may be in the last image, float32 (N, 2), pixels; None = where they were.
    """
    if len(images) == 1:
        return follow_through(images, xy, options)
    flow = follow_points(images[0], images[-1], xy, options, guess)
    if len(images) > 2 and not flow.found.all():
        flow = flow.replaced(~flow.found, follow_through(images, xy[~flow.found], options))
    return flow
