"""Trajectories and their errors against the truth, by evo."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from superpoint_ros.core.files import written_whole


def stack_poses(poses: Iterable[np.ndarray | None]) -> np.ndarray:
    """Stack poses (4, 4) to float64 (N, 4, 4), NaN where one is None, unknown."""
    return np.stack([np.full((4, 4), np.nan) if pose is None else pose for pose in poses])


def known_rows(estimated: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Find the images of which both poses (N, 4, 4) are known, not NaN; int64 (K,)."""
    return np.flatnonzero(np.isfinite(estimated).all(axis=(1, 2)) & np.isfinite(true).all(axis=(1, 2)))


def stands_still(poses: np.ndarray) -> bool:
    """Tell whether all poses (N, 4, 4) that are known, not NaN, are at one place."""
    positions = poses[np.isfinite(poses).all(axis=(1, 2)), :3, 3]
    return not np.ptp(positions, axis=0).any()


def align(estimated: np.ndarray, true: np.ndarray, *, scale: bool) -> np.ndarray:
    """Align a trajectory with the true one where both are known, and the rest of it alike (S. Umeyama, 1991).

    On a straight line any roll about it is as good, and changes no error. Where the trajectory stands still there is
    no scale to find, and it stays as it is.

    Args:
        estimated: Poses T_world_camera (N, 4, 4); NaN = unknown.
        true: True poses of the same images (N, 4, 4), meters; NaN = unknown.
        scale: Whether the scale is taken from the truth too.
    """
    rows = known_rows(estimated, true)
    center, true_center = (poses[rows, :3, 3].mean(axis=0) for poses in (estimated, true))
    centered, true_centered = estimated[rows, :3, 3] - center, true[rows, :3, 3] - true_center
    # Rotate so that the centered positions correlate most; a reflection is no rotation
    left, strength, right = np.linalg.svd(true_centered.T @ centered)
    proper = np.array([1.0, 1.0, np.linalg.det(left) * np.linalg.det(right)])
    T_true_estimated = np.eye(4)
    T_true_estimated[:3, :3] = left @ np.diag(proper) @ right
    extent = np.sum(centered**2)
    scaled = estimated.copy()
    scaled[:, :3, 3] -= center
    scaled[:, :3, 3] *= strength @ proper / extent if scale and extent > 0 else 1.0
    aligned: np.ndarray = T_true_estimated @ scaled
    aligned[:, :3, 3] += true_center
    return aligned


def trajectory_errors(aligned: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Compute errors of aligned poses (N, 4, 4), as root mean squares; where either pose is NaN there is none.

    Returns:
        ATE: absolute error of the positions [m]; RPE: relative errors from one pose to the next [m], [deg], NaN where
        no two successive ones are known.
    """
    from evo.core import metrics
    from evo.core.trajectory import PosePath3D

    rows = known_rows(aligned, true)
    paths = PosePath3D(poses_se3=list(true[rows])), PosePath3D(poses_se3=list(aligned[rows]))
    relations = metrics.PoseRelation.translation_part, metrics.PoseRelation.rotation_angle_deg
    absolute = metrics.APE(relations[0])
    absolute.process_data(paths)
    errors = {"ATE [m]": _root_mean_square(absolute.error)}
    for name, relation in zip(("RPE [m]", "RPE [deg]"), relations, strict=True):
        relative = metrics.RPE(relation, delta=1, delta_unit=metrics.Unit.frames)
        relative.process_data(paths)
        errors[name] = _root_mean_square(relative.error[np.diff(rows) == 1])
    return errors


def _root_mean_square(errors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else float("nan")


def write_trajectory(path: Path, stamps: np.ndarray, poses: np.ndarray) -> None:
    """Write poses (N, 4, 4) with stamps (N,) in seconds as lines of "timestamp tx ty tz qx qy qz qw"."""
    from evo.core.trajectory import PoseTrajectory3D
    from evo.tools.file_interface import write_tum_trajectory_file

    with written_whole(path) as beside:
        write_tum_trajectory_file(str(beside), PoseTrajectory3D(poses_se3=list(poses), timestamps=stamps))
