"""How near an estimated relative pose is to the true one, and how well matches agree with the true epipolar lines.

A relative pose maps points of camera 0 to camera 1: x1 = R x0 + t, optical frames (x right, y down, z forward).
Two views leave the length of t open, so only its direction counts.
"""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.geometry import essential_matrix


def rotation_error(estimated: np.ndarray, true: np.ndarray) -> float:
    """Angle [degrees] of the rotation between two rotation matrices 3x3, in [0, 180]."""
    difference = estimated.T @ true
    sine = np.linalg.norm(difference - difference.T) / np.sqrt(8.0)
    return float(np.degrees(np.arctan2(sine, (np.trace(difference) - 1.0) / 2.0)))


def direction_error(estimated: np.ndarray, true: np.ndarray) -> float:
    """Angle [degrees] between two translation directions (3,), up to sign, in [0, 90].

    An essential matrix does not tell t from -t, and published figures leave the sign out (SuperGlue, section 5.2).
    """
    cross, dot = np.linalg.norm(np.cross(estimated, true)), abs(float(np.dot(estimated, true)))
    return float(np.degrees(np.arctan2(cross, dot)))


def pose_error(rotation: np.ndarray, translation: np.ndarray, true_pose: np.ndarray) -> float:
    """The larger of the two angles [degrees] between an estimate (3x3, (3,)) and the true pose 4x4."""
    return max(rotation_error(rotation, true_pose[:3, :3]), direction_error(translation, true_pose[:3, 3]))


def fundamental_matrix(camera0: np.ndarray, camera1: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """The 3x3 F with x1' F x0 = 0 for pixels of two pinhole cameras 3x3 and their relative pose 4x4."""
    return np.linalg.inv(camera1).T @ essential_matrix(pose) @ np.linalg.inv(camera0)


def epipolar_distance(xy0: np.ndarray, xy1: np.ndarray, fundamental: np.ndarray) -> np.ndarray:
    """Distance [px] of matched points (N, 2) from each other's epipolar lines, the larger of both -> (N,)."""
    homogeneous0 = np.column_stack([xy0, np.ones(len(xy0))])
    homogeneous1 = np.column_stack([xy1, np.ones(len(xy1))])
    line1, line0 = homogeneous0 @ fundamental.T, homogeneous1 @ fundamental
    residual = np.abs(np.sum(line1 * homogeneous1, axis=1))
    shorter = np.minimum(np.linalg.norm(line0[:, :2], axis=1), np.linalg.norm(line1[:, :2], axis=1))
    return residual / np.maximum(shorter, np.finfo(np.float64).tiny)
