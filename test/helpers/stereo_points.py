"""Points that two cameras see, their features and depths known: what a stereo pair is tried with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import inside_image, lift, project, transform
from superpoint_ros.core.types import Features

SIZE = (240, 320)
BASELINE = 0.12
MATRIX = np.array([[260.0, 0, 159.5], [0, 260.0, 119.5], [0, 0, 1]])
CAMERA = Camera(MATRIX, np.zeros(0), SIZE)
T_LEFT_RIGHT = np.array([[1.0, 0, 0, BASELINE], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
T_RIGHT_LEFT = np.linalg.inv(T_LEFT_RIGHT)


@dataclass(frozen=True)
class StereoPoints:
    """Features of both images.

    Attributes:
        left, right: row order[i] of `right` is the point of row i of `left`.
        depth: (N,), meters, of the rows of `left`.
        order: (N,).
    """

    left: Features
    right: Features
    depth: np.ndarray
    order: np.ndarray


def features(xy: np.ndarray, descriptors: np.ndarray) -> Features:
    """Features of equal score."""
    return Features(np.float32(xy), np.full(len(xy), 0.5, np.float32), np.float32(descriptors), SIZE)


def stereo_points(seed: int, count: int = 60, T_right_left: np.ndarray = T_RIGHT_LEFT) -> StereoPoints:
    """At most `count` points, 1 to 4 m away, that both cameras see; their descriptors have nothing in common."""
    rng = np.random.default_rng(seed)
    xy, depth = rng.uniform((10, 10), (310, 230), (count, 2)), rng.uniform(1.0, 4.0, count)
    xy1 = project(transform(lift(xy, depth, MATRIX), T_right_left), MATRIX)
    seen = inside_image(xy1, SIZE)
    xy, xy1, depth = xy[seen], xy1[seen], depth[seen]
    descriptors = rng.standard_normal((len(xy), 32))
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    order = rng.permutation(len(xy))
    rows = np.argsort(order)
    return StereoPoints(features(xy, descriptors), features(xy1[rows], descriptors[rows]), depth, order)
