"""A small scene, exactly known, as content of an export."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import inverse_pose, transform
from superpoint_ros.core.types import Features
from superpoint_ros.export.content import ExportedImage, ExportedPair
from superpoint_ros.export.pairs import PairOptions, image_pairs, match_pair

SIZE, POINTS, OUTLIERS = (240, 320), 60, 6
K = np.array([[300.0, 0, 159.5], [0, 310.0, 119.5], [0, 0, 1]])
PLUMB_BOB = Camera(K, np.array([0.1, -0.2, 0.001, 0.002, 0.05]), SIZE)
FISHEYE = Camera(K, np.array([0.1, 0.01, -0.02, 0.003]), SIZE, fisheye=True)


def exported(cameras: Sequence[Camera | None], options: PairOptions | None = None):
    """Images of points that every camera sees, and their matches; the last OUTLIERS points move between images.

    An image of an unknown camera has no distortion. Keypoint i of image n is point (i + n) % POINTS.
    """
    rng = np.random.default_rng(0)
    points = rng.uniform((-1, -0.7, 3), (1, 0.7, 6), (POINTS, 3))
    descriptors = np.linalg.qr(rng.normal(size=(POINTS, POINTS)))[0].astype(np.float32)
    images = []
    for number, camera in enumerate(cameras):
        pose = np.eye(4)
        pose[:3, 3] = [0.3 * number, 0.1 * number, 0.05]
        seen = transform(points, inverse_pose(pose))
        seen[-OUTLIERS:, :2] += rng.uniform(-0.6, 0.6, (OUTLIERS, 2))
        distortion = np.zeros(0) if camera is None else camera.distortion
        xy = cv2.projectPoints(seen, np.zeros(3), np.zeros(3), K, distortion)[0].reshape(-1, 2)
        order = np.roll(np.arange(POINTS), -number)
        score = np.linspace(1, 0.1, POINTS, dtype=np.float32)
        features = Features(xy[order].astype(np.float32), score, descriptors[order], SIZE)
        images.append(ExportedImage(f"{number}.png", features, camera))
    options = options or PairOptions()
    pairs: list[ExportedPair] = [match_pair(images, pair, options) for pair in image_pairs(len(images), options)]
    return images, pairs
