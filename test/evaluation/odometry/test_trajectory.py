import numpy as np
import pytest
from helpers.point_clouds_seen import POSES

from superpoint_ros.evaluation.datasets.files import read_tum_poses

pytest.importorskip("evo")
from superpoint_ros.evaluation.odometry.trajectory import align, stack_poses, trajectory_errors, write_trajectory

TRUE = np.stack(POSES)
TRUE[3:, 0, 3] += 0.2  # not on a line


def test_the_truth_at_another_place_and_scale_has_no_error():
    moved = TRUE.copy()
    moved[:, :3, 3] = 3.0 * TRUE[:, :3, 3] + 5.0
    errors = trajectory_errors(align(moved, TRUE, scale=True), TRUE)
    assert list(errors) == ["ATE [m]", "RPE [m]", "RPE [deg]"]
    assert max(errors["ATE [m]"], errors["RPE [m]"]) < 1e-6


def test_without_scale_a_wrong_one_is_an_error():
    moved = TRUE.copy()
    moved[:, :3, 3] *= 3.0
    assert trajectory_errors(align(moved, TRUE, scale=False), TRUE)["ATE [m]"] > 0.1


def test_errors_by_hand():
    moved = TRUE.copy()
    moved[-1, 0, 3] += 0.7
    assert trajectory_errors(moved, TRUE)["RPE [m]"] == pytest.approx(0.7 / np.sqrt(7))
    assert trajectory_errors(moved, TRUE)["ATE [m]"] == pytest.approx(0.7 / np.sqrt(8))


def known(*numbers: int) -> np.ndarray:
    return stack_poses(pose if number in numbers else None for number, pose in enumerate(TRUE))


def test_images_without_truth_are_aligned_by_the_others():
    moved = TRUE.copy()
    moved[:, :3, 3] = 3.0 * TRUE[:, :3, 3] + 5.0
    assert align(moved, known(0, 2, 3, 6), scale=True) == pytest.approx(TRUE)


def test_errors_are_of_the_images_with_truth_and_relative_ones_of_successive_pairs_of_them():
    moved = TRUE.copy()
    moved[2, 0, 3] += 50.0  # no truth there
    moved[-1, 0, 3] += 0.7
    errors = trajectory_errors(moved, known(0, 1, 3, 5, 6, 7))
    assert errors["ATE [m]"] == pytest.approx(0.7 / np.sqrt(6))
    assert errors["RPE [m]"] == pytest.approx(0.7 / np.sqrt(3))
    apart = trajectory_errors(moved, known(0, 3, 7))
    assert apart["ATE [m]"] == pytest.approx(0.7 / np.sqrt(3))
    assert np.isnan([apart["RPE [m]"], apart["RPE [deg]"]]).all()


def test_a_written_trajectory_is_read_back(tmp_path):
    write_trajectory(tmp_path / "t.txt", np.arange(8) / 10, TRUE)
    stamps, poses = read_tum_poses(tmp_path / "t.txt", "")
    assert stamps.tolist() == pytest.approx((np.arange(8) / 10).tolist())
    assert poses == pytest.approx(TRUE)
