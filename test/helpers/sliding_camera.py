"""A textured plane with landmarks, seen by a camera that slides over it: motion is known exactly."""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features

SIZE = (120, 160)
rng = np.random.default_rng(0)
SCENE = cv2.normalize(
    cv2.GaussianBlur(rng.integers(0, 256, (400, 400), np.uint8), (0, 0), 2.0), None, 0, 255, cv2.NORM_MINMAX
)
LANDMARKS = np.float32([[x, y] for y in range(120, 300, 24) for x in range(120, 320, 24)])
DESCRIPTORS = rng.standard_normal((len(LANDMARKS), 64)).astype(np.float32)
DESCRIPTORS /= np.linalg.norm(DESCRIPTORS, axis=1, keepdims=True)
HYBRID = TrackerOptions(tracker="hybrid")
BLACK = np.zeros(SIZE, np.uint8)
# A mask of the left half.
HALF = np.full(SIZE, 255, np.uint8)
HALF[:, :80] = 0


def view(x, y):
    """The image whose top-left pixel is the scene's (x, y)."""
    return np.ascontiguousarray(SCENE[y : y + SIZE[0], x : x + SIZE[1]])


def seen(x, y, landmarks=None, descriptors=DESCRIPTORS):
    """The landmarks found in view(x, y): all that are in it, or some of them."""
    xy = LANDMARKS - np.float32([x, y])
    inside = (xy > 8).all(axis=1) & (xy < np.float32(SIZE[::-1]) - 8).all(axis=1)
    rows = np.flatnonzero(inside if landmarks is None else inside & np.isin(np.arange(len(xy)), landmarks))
    return Features(xy[rows], np.linspace(1, 0.5, len(rows), dtype=np.float32), descriptors[rows], SIZE)


def scene_position(tracks, x, y):
    return tracks.xy + np.float32([x, y])
