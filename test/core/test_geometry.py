import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core import geometry

finite = st.floats(-0.2, 0.2)


@given(st.lists(finite, min_size=8, max_size=8))
def test_warp_and_back(values):
    homography = np.eye(3) + np.array([*values, 0]).reshape(3, 3) * [[1, 1, 50], [1, 1, 50], [1e-3, 1e-3, 1]]
    xy = np.array([[0, 0], [100, 20], [64, 90.5]])
    back = geometry.warp_points(geometry.warp_points(xy, homography), np.linalg.inv(homography))
    np.testing.assert_allclose(back, xy, atol=1e-3)


def test_warp_by_hand():
    homography = np.array([[1, 0, 2], [0, 2, 1], [0.5, 0, 1]])
    np.testing.assert_allclose(geometry.warp_points(np.array([[2, 3]]), homography), [[2, 3.5]])


@given(st.tuples(*[st.integers(20, 700)] * 8), st.lists(finite, min_size=8, max_size=8))
def test_a_resized_homography_maps_resized_points(sides, values):
    from0, from1, to0, to1 = sides[:2], sides[2:4], sides[4:6], sides[6:]
    homography = np.eye(3) + np.array([*values, 0]).reshape(3, 3) * [[1, 1, 50], [1, 1, 50], [1e-4, 1e-4, 1]]
    xy = np.array([[0, 0], [10, 7.5]])
    resized = geometry.resize_homography(homography, (from0, from1), (to0, to1))
    got = geometry.warp_points(geometry.warp_points(xy, geometry.resize_matrix(from0, to0)), resized)
    expected = geometry.warp_points(geometry.warp_points(xy, homography), geometry.resize_matrix(from1, to1))
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


def test_resize_keeps_the_image_edges():
    matrix = geometry.resize_matrix((10, 20), (5, 40))
    np.testing.assert_allclose(
        geometry.warp_points(np.array([[-0.5, -0.5], [19.5, 9.5]]), matrix), [[-0.5, -0.5], [39.5, 4.5]]
    )


def test_inside_image():
    xy = np.array([[0, 0], [9, 4], [9.1, 4], [-0.1, 0], [3, 4.1], [3, -0.1], [np.nan, 1], [np.inf, 1]])
    assert geometry.inside_image(xy, (5, 10)).tolist() == [True, True] + 6 * [False]
    assert geometry.inside_image(geometry.corner_pixel_centers((5, 10)), (5, 10)).all()


@given(st.floats(0.5, 20), st.floats(0, 640), st.floats(0, 480))
def test_project_inverts_lift(depth, x, y):
    intrinsics = np.array([[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1.0]])
    xy = np.array([[x, y]])
    points = geometry.lift(xy, np.array([depth]), intrinsics)
    assert points[0, 2] == pytest.approx(depth)
    np.testing.assert_allclose(geometry.project(points, intrinsics), xy, atol=1e-9)


def test_nothing_behind_the_camera_is_seen():
    assert np.isnan(geometry.project(np.array([[0, 0, -1.0], [0, 0, 0], [1, 2, 0]]), np.eye(3))).all()


def test_corner_pixel_centers_go_clockwise_from_the_top_left():
    assert geometry.corner_pixel_centers((5, 10)).tolist() == [[0, 0], [9, 0], [9, 4], [0, 4]]


quaternions = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1)


@given(quaternions)
def test_poses_are_rigid_and_invert(quaternion):
    pose = geometry.pose_from_quaternion(np.array([1, 2, 3]), np.array(quaternion))
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)
    points = np.array([[0, 0, 1], [3, -2, 5.0]])
    np.testing.assert_allclose(
        geometry.transform(geometry.transform(points, pose), geometry.inverse_pose(pose)), points, atol=1e-9
    )


def test_a_quarter_turn_about_z():
    pose = geometry.pose_from_quaternion(np.zeros(3), np.array([0, 0, np.sqrt(0.5), np.sqrt(0.5)]))
    np.testing.assert_allclose(geometry.transform(np.array([[1, 0, 0.0]]), pose), [[0, 1, 0]], atol=1e-12)


@given(quaternions)
def test_the_essential_matrix_holds_for_every_point(quaternion):
    pose = geometry.pose_from_quaternion(np.array([0.3, -0.1, 0.2]), np.array(quaternion))
    points0 = np.random.default_rng(0).uniform([-1, -1, 2], [1, 1, 5], (20, 3))
    points1 = geometry.transform(points0, pose)
    residual = np.einsum("ni,ij,nj->n", points1, geometry.essential_matrix(pose), points0)
    np.testing.assert_allclose(residual, 0, atol=1e-9)


def test_a_resized_homography_ends_in_one():
    homography = np.array([[1.1, 0.1, 5], [0, 0.9, -3], [1e-3, 2e-3, 1]])
    assert geometry.resize_homography(homography, ((480, 640), (480, 640)), ((240, 320), (120, 160)))[2, 2] == 1.0


@given(quaternions)
def test_quaternions_are_x_y_z_w_of_any_length(quaternion):
    pose = geometry.pose_from_quaternion(np.array([1.0, 2.0, 3.0]), np.array(quaternion))
    x, y, z, w = np.array(quaternion) / np.linalg.norm(quaternion)
    by_hand = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    np.testing.assert_allclose(pose[:3, :3], by_hand, atol=1e-12)
    assert pose[:, 3].tolist() == [1, 2, 3, 1]
    assert pose[3].tolist() == [0, 0, 0, 1]


def test_a_pose_turns_and_then_moves():
    pose = geometry.pose_from_quaternion(np.array([10.0, 20, 30]), np.array([0, 0, np.sqrt(0.5), np.sqrt(0.5)]))
    np.testing.assert_allclose(geometry.transform(np.array([[1.0, 2, 3]]), pose), [[8, 21, 33]], atol=1e-9)
    np.testing.assert_allclose(geometry.inverse_pose(pose) @ pose, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("axis", range(3))
def test_the_essential_matrix_of_a_plain_shift_is_its_cross_product(axis):
    pose, shift = np.eye(4), np.eye(3)[axis] * 2
    pose[:3, 3] = shift
    point = np.array([0.3, -0.7, 1.1])
    np.testing.assert_allclose(geometry.essential_matrix(pose) @ point, np.cross(shift, point))
