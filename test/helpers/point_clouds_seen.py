"""Points before a moving camera, and what it sees of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superpoint_ros.core.geometry import inverse_pose, project, transform
from superpoint_ros.evaluation.odometry.observations import Observations

K = np.array([[300.0, 0, 160], [0, 300.0, 120], [0, 0, 1]])
CLOUD = np.random.default_rng(1).uniform((-1.5, -1.0, 2.0), (1.5, 1.0, 5.0), (80, 3))
POSES = [np.eye(4) for _ in range(8)]
for number, pose in enumerate(POSES):
    pose[:3, 3] = [0.1 * number, 0.02 * number, 0.05 * number]


def see(poses: Sequence[np.ndarray], noise: float = 0.0, *, with_depth: bool = False) -> list[Observations]:
    """Observe every point from every pose, with noise in pixels."""
    rng = np.random.default_rng(2)
    found = []
    for pose in poses:
        points = transform(CLOUD, inverse_pose(pose))
        xy = project(points, K) + rng.normal(0, noise, (len(CLOUD), 2))
        depth = points[:, 2] if with_depth else np.full(len(CLOUD), np.nan)
        found.append(Observations(np.arange(len(CLOUD)), xy, np.ones(len(CLOUD)), depth, K))
    return found
