"""Poses between sensors, as parameters give them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.geometry import pose_from_quaternion


def parse_extrinsic(values: Sequence[float]) -> np.ndarray:
    """x, y, z [m], qx, qy, qz, qw -> rigid (4, 4) pose.

    Raises:
        ParameterError: not seven finite numbers, or a quaternion of zero.
    """
    if len(values) != 7 or not np.isfinite(values).all() or not np.linalg.norm(values[3:]) > 0.0:
        raise ParameterError(f"extrinsic={list(values)} must be x, y, z, qx, qy, qz, qw, the quaternion not zero")
    return pose_from_quaternion(np.array(values[:3]), np.array(values[3:]))
