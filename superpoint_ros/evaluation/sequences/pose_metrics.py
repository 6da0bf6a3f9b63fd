"""Errors of an estimated relative pose, and distances of matches from the true epipolar lines.

A relative pose T_1_0 maps points of camera 0 to camera 1: x1 = R x0 + t, optical frames (x right, y down, z forward).
Two views determine t up to scale, so only its direction counts.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from superpoint_ros.core.geometry import essential_matrix


def rotation_error(estimated: np.ndarray, true: np.ndarray) -> float:
    """Compute the angle [degrees] of the rotation between two rotation matrices 3x3, in [0, 180]."""
    return float(np.degrees(Rotation.from_matrix(estimated.T @ true).magnitude()))


def direction_error(estimated: np.ndarray, true: np.ndarray) -> float:
    """Compute the angle [degrees] between two translation directions (3,), up to sign, in [0, 90].

    An essential matrix does not tell t from -t, and published figures ignore the sign (SuperGlue, section 5.2).
    """
    cross, dot = np.linalg.norm(np.cross(estimated, true)), abs(float(np.dot(estimated, true)))
    return float(np.degrees(np.arctan2(cross, dot)))


def pose_error(rotation: np.ndarray, translation: np.ndarray, true_pose: np.ndarray) -> float:
    """Compute the larger of the two angles [degrees] between an estimate (3x3, (3,)) and the true pose 4x4."""
    return max(rotation_error(rotation, true_pose[:3, :3]), direction_error(translation, true_pose[:3, 3]))


def fundamental_matrix(K0: np.ndarray, K1: np.ndarray, T_1_0: np.ndarray) -> np.ndarray:
    """Compute F (3x3) with x1' F x0 = 0 for pixels of two pinhole cameras with intrinsics 3x3 and pose T_1_0 4x4."""
    result: np.ndarray = np.linalg.inv(K1).T @ essential_matrix(T_1_0) @ np.linalg.inv(K0)
    return result


def epipolar_distance(xy0: np.ndarray, xy1: np.ndarray, fundamental: np.ndarray) -> np.ndarray:
    """Compute the larger distance [px] of matched points (N, 2) from each other's epipolar lines, (N,).

    NaN where there are no such lines: at an epipole, and everywhere without a baseline, where F is 0.
    """
    homogeneous0 = np.column_stack([xy0, np.ones(len(xy0))])
    homogeneous1 = np.column_stack([xy1, np.ones(len(xy1))])
    line1, line0 = homogeneous0 @ fundamental.T, homogeneous1 @ fundamental
    residual = np.abs(np.sum(line1 * homogeneous1, axis=1))
    shorter = np.minimum(np.linalg.norm(line0[:, :2], axis=1), np.linalg.norm(line1[:, :2], axis=1))
    result: np.ndarray = residual / np.where(shorter > 0, shorter, np.nan)
    return result
