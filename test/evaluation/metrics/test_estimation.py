import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.evaluation.homography.metrics import corner_error
from superpoint_ros.evaluation.metrics.estimation import estimate_homography, estimate_relative_pose, match_orders
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions
from superpoint_ros.evaluation.sequences.pose_metrics import pose_error

PERSPECTIVE = np.array([[1.05, 0.08, 4.0], [-0.06, 0.95, 7.0], [2e-4, -1e-4, 1.0]])


def test_a_homography_among_outliers():
    rng = np.random.default_rng(0)
    xy0 = rng.uniform((0, 0), (640, 480), (200, 2))
    xy1 = warp_points(xy0, PERSPECTIVE)
    xy1[:80] = rng.uniform((0, 0), (640, 480), (80, 2))
    estimated, inliers = estimate_homography(xy0, xy1, RansacOptions())
    assert corner_error(estimated, PERSPECTIVE, (480, 640)) < 0.1
    assert inliers[80:].all()
    assert inliers[:80].sum() <= 2


@pytest.mark.parametrize("count", [0, 3])
def test_too_few_points_give_no_homography(count: int):
    estimated, inliers = estimate_homography(np.zeros((count, 2)), np.zeros((count, 2)), RansacOptions())
    assert estimated is None
    assert not inliers.any()


def test_points_on_one_spot_give_no_homography():
    estimated, _ = estimate_homography(np.ones((9, 2)), np.ones((9, 2)), RansacOptions())
    assert corner_error(estimated, np.eye(3), (10, 10)) > 1.0


def test_a_relative_pose_among_outliers():
    rng = np.random.default_rng(1)
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", [3, -8, 2], degrees=True).as_matrix()
    pose[:3, 3] = [0.5, 0.1, -0.2]
    points = rng.uniform((-3, -2, 4), (3, 2, 10), (300, 3))
    moved = points @ pose[:3, :3].T + pose[:3, 3]
    seen0, seen1 = points[:, :2] / points[:, 2:], moved[:, :2] / moved[:, 2:]
    seen1[:100] = rng.uniform(-0.5, 0.5, (100, 2))
    found = estimate_relative_pose(seen0, seen1, 500.0, RansacOptions(ransac_threshold=1.0))
    assert pose_error(found.rotation, found.translation, pose) < 0.5
    assert np.dot(found.translation, pose[:3, 3]) > 0
    assert found.inliers[100:].mean() > 0.95
    assert found.inliers[:100].mean() < 0.15


def views_of(depth: np.ndarray, pose: np.ndarray, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """See points of random directions, in normalized coordinates of both views."""
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.uniform(-0.5, 0.5, (len(depth), 2)), np.ones(len(depth))]) * depth[:, None]
    moved = points @ pose[:3, :3].T + pose[:3, 3]
    seen = points[:, :2] / points[:, 2:], moved[:, :2] / moved[:, 2:]
    return seen[0] + rng.normal(0.0, noise, seen[0].shape), seen[1] + rng.normal(0.0, noise, seen[1].shape)


def turned_and_moved(*translation: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", [1, -2, 1], degrees=True).as_matrix()
    pose[:3, 3] = translation
    return pose


@pytest.mark.parametrize("distance", [10.0, 60.0, 300.0])
def test_a_baseline_small_against_the_depth_has_a_pose(distance: float):
    pose = turned_and_moved(0.8, 0.0, 0.6)
    seen0, seen1 = views_of(np.random.default_rng(0).uniform(1.0, 3.0, 200) * distance, pose)
    found = estimate_relative_pose(seen0, seen1, 500.0, RansacOptions(ransac_threshold=0.01))
    assert pose_error(found.rotation, found.translation, pose) < 0.1
    assert np.dot(found.translation, pose[:3, 3]) > 0
    assert found.inliers.all()


def test_points_at_infinity_agree_with_a_pose_whose_direction_the_near_ones_decide():
    rng = np.random.default_rng(0)
    depth = np.where(np.arange(300) < 210, 1e7, rng.uniform(3.0, 9.0, 300))
    for number in range(8):
        pose = turned_and_moved(*(rng.normal(size=3) * 0.4))
        seen0, seen1 = views_of(depth, pose, noise=0.2 / 500)
        found = estimate_relative_pose(seen0, seen1, 500.0, RansacOptions(ransac_threshold=1.0))
        assert np.dot(found.translation, pose[:3, 3]) > 0, number
        assert found.inliers[:210].mean() > 0.95


def test_a_point_behind_a_camera_is_no_inlier():
    pose = turned_and_moved(0.8, 0.0, 0.6)
    seen0, seen1 = views_of(np.random.default_rng(0).uniform(5.0, 15.0, 200), pose)
    mirrored0, mirrored1 = views_of(np.full(200, -4.0), pose)
    seen0[:20], seen1[:20] = mirrored0[:20], mirrored1[:20]
    found = estimate_relative_pose(seen0, seen1, 500.0, RansacOptions(ransac_threshold=0.01))
    assert pose_error(found.rotation, found.translation, pose) < 0.1
    assert not found.inliers[:20].any()
    assert found.inliers[20:].all()


def test_too_few_points_give_no_pose():
    assert estimate_relative_pose(np.zeros((4, 2)), np.zeros((4, 2)), 500.0, RansacOptions()) is None


def test_estimates_repeat_but_depend_on_the_order_of_the_matches():
    rng = np.random.default_rng(2)
    xy0 = rng.uniform(0, 500, (60, 2))
    xy1 = warp_points(xy0, PERSPECTIVE) + rng.normal(0.0, 3.0, (60, 2))
    first, second = (estimate_homography(xy0, xy1, RansacOptions()) for _ in range(2))
    assert (first[1] == second[1]).all()
    assert (first[0] == second[0]).all()
    others = [estimate_homography(xy0[order], xy1[order], RansacOptions())[0] for order in match_orders(60, 5)]
    assert (others[0] == first[0]).all()
    assert any(not np.allclose(other, first[0]) for other in others[1:])


def test_orders_are_permutations_that_repeat():
    orders = list(match_orders(50, 4))
    assert [sorted(order) for order in orders] == [list(range(50))] * 4
    assert len({tuple(order) for order in orders}) == 4
    assert (orders[0] == np.arange(50)).all()
    assert all((again == order).all() for again, order in zip(match_orders(50, 4), orders, strict=True))
