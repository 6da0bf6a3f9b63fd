"""Trajectories and their errors against the truth, by evo."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from superpoint_ros.core.files import written_whole


def align(estimated: np.ndarray, true: np.ndarray, *, scale: bool) -> np.ndarray:
    """Align a trajectory with the true one (S. Umeyama, 1991).

    Args:
        estimated: Poses T_world_camera (N, 4, 4).
        true: True poses of the same images (N, 4, 4), meters.
        scale: Whether the scale is taken from the truth too.
    """
    from evo.core.trajectory import PosePath3D

    path = PosePath3D(poses_se3=list(estimated))
    path.align(PosePath3D(poses_se3=list(true)), correct_scale=scale)
    aligned: np.ndarray = np.stack(path.poses_se3)
    return aligned


def trajectory_errors(aligned: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Compute errors of aligned poses (N, 4, 4), as root mean squares.

    Returns:
        ATE: absolute error of the positions [m]; RPE: relative errors from one pose to the next [m], [deg].
    """
    from evo.core import metrics
    from evo.core.trajectory import PosePath3D

    paths = PosePath3D(poses_se3=list(true)), PosePath3D(poses_se3=list(aligned))
    relations = metrics.PoseRelation.translation_part, metrics.PoseRelation.rotation_angle_deg
    found = {"ATE [m]": metrics.APE(relations[0])}
    for name, relation in zip(("RPE [m]", "RPE [deg]"), relations, strict=True):
        found[name] = metrics.RPE(relation, delta=1, delta_unit=metrics.Unit.frames)
    for metric in found.values():
        metric.process_data(paths)
    return {name: float(metric.get_statistic(metrics.StatisticsType.rmse)) for name, metric in found.items()}


def write_trajectory(path: Path, stamps: np.ndarray, poses: np.ndarray) -> None:
    """Write poses (N, 4, 4) with stamps (N,) in seconds as lines of "timestamp tx ty tz qx qy qz qw"."""
    from evo.core.trajectory import PoseTrajectory3D
    from evo.tools.file_interface import write_tum_trajectory_file

    with written_whole(path) as beside:
        write_tum_trajectory_file(str(beside), PoseTrajectory3D(poses_se3=list(poses), timestamps=stamps))
