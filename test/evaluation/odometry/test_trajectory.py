import numpy as np
import pytest
from helpers.point_clouds_seen import POSES
from scipy.spatial.transform import Rotation

from superpoint_ros.evaluation.datasets.files import read_tum_poses

pytest.importorskip("evo")
from evo.core.geometry import umeyama_alignment

from superpoint_ros.evaluation.odometry.trajectory import (
    align,
    stack_poses,
    stands_still,
    trajectory_errors,
    write_trajectory,
)

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


def on_a_line(noise: float) -> np.ndarray:
    poses = np.tile(np.eye(4), (10, 1, 1))
    poses[:, 0, 3] = 2.0 * np.arange(10)
    poses[:, :3, 3] += noise * np.random.default_rng(0).normal(size=(10, 3))
    return poses


@pytest.mark.parametrize("scale", [True, False])
def test_a_straight_line_is_aligned(scale):
    moved = Rotation.from_euler("xyz", [0.3, -0.2, 1.1]).as_matrix()
    T_moved = np.eye(4)
    T_moved[:3, :3], T_moved[:3, 3] = moved, [3.0, 1.0, 2.0]
    exact = trajectory_errors(align(T_moved @ on_a_line(0.0), on_a_line(0.0), scale=scale), on_a_line(0.0))
    assert max(exact.values()) < 1e-5
    noisy = trajectory_errors(align(T_moved @ on_a_line(0.01), on_a_line(0.0), scale=scale), on_a_line(0.0))
    assert 0.005 < noisy["ATE [m]"] < 0.02


@pytest.mark.parametrize("scale", [True, False])
def test_a_trajectory_that_stands_still_is_off_by_the_spread_of_the_truth(scale):
    still = np.tile(TRUE[2], (8, 1, 1))
    errors = trajectory_errors(align(still, TRUE, scale=scale), TRUE)
    assert errors["ATE [m]"] == pytest.approx(np.sqrt(TRUE[:, :3, 3].var(axis=0).sum()))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [True, False])
def test_alignment_is_that_of_evo(scale, seed):
    rng = np.random.default_rng(seed)
    moved = TRUE.copy()
    moved[:, :3, 3] = rng.normal(size=(8, 3)) if seed else TRUE[:, :3, 3] * [1, 1, -1]  # a mirror image
    rotation, shift, factor = umeyama_alignment(moved[:, :3, 3].T, TRUE[:, :3, 3].T, scale)
    expected = factor * moved[:, :3, 3] @ rotation.T + shift
    assert align(moved, TRUE, scale=scale)[:, :3, 3] == pytest.approx(expected)


def test_standing_still_is_told():
    still = np.tile(TRUE[2], (8, 1, 1))
    still[3] = np.nan
    assert stands_still(still)
    assert not stands_still(TRUE)


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
