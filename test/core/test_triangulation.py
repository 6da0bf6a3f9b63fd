"""Triangulation of matches against points that are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import lift, project, transform
from superpoint_ros.core.triangulation import triangulate

MATRIX = np.array([[400.0, 0, 319.5], [0, 410.0, 239.5], [0, 0, 1]])
PINHOLE = Camera(MATRIX, np.zeros(0), (480, 640))
STEREO = np.array([[1.0, 0, 0, -0.2], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])  # camera 1 to the right by 0.2 m


def scene(seed: int, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    xy, depth = rng.uniform((20, 20), (620, 460), (count, 2)), rng.uniform(1.0, 8.0, count)
    return xy, depth


def test_disparity_by_hand():
    xy0 = np.array([[319.5, 239.5], [400.0, 100.0]])
    depth = triangulate(xy0, xy0 - [20.0, 0.0], PINHOLE, PINHOLE, STEREO)
    np.testing.assert_allclose(depth, 400.0 * 0.2 / 20.0, rtol=1e-5)
    assert depth.dtype == np.float32


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_exact_matches_give_exact_depth_for_any_pose(seed):
    rng = np.random.default_rng(seed)
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(rng.uniform(-0.15, 0.15, 3))[0]
    pose[:3, 3] = rng.uniform(-1, 1, 3) * (0.5, 0.5, 0.1) + (0.5, 0, 0)
    xy0, depth = scene(seed)
    xy1 = project(transform(lift(xy0, depth, MATRIX), pose), MATRIX)
    found = triangulate(xy0, xy1, PINHOLE, PINHOLE, pose, min_parallax=0.0)
    sure = np.isfinite(triangulate(xy0, xy1, PINHOLE, PINHOLE, pose))
    np.testing.assert_allclose(found[sure], depth[sure], rtol=1e-4)
    assert sure.mean() > 0.3


def test_lens_distortion_is_undone():
    lens = Camera(MATRIX, np.array([-0.2, 0.05, 0.001, 0.0]), (480, 640))
    _, depth = scene(1)
    points = lift(np.random.default_rng(2).uniform((200, 150), (440, 330), (40, 2)), depth, MATRIX)
    views = [
        cv2.projectPoints(p[:, None], np.zeros(3), np.zeros(3), MATRIX, lens.distortion)[0][:, 0]
        for p in (points, transform(points, STEREO))
    ]
    np.testing.assert_allclose(triangulate(*views, lens, lens, STEREO), depth, rtol=1e-4)


@pytest.mark.parametrize(
    ("shift", "why"),
    [((30.0, 0.0), "behind"), ((0.1, 0.0), "too parallel"), ((-20.0, 9.0), "off the epipolar line")],
)
def test_what_cannot_be_is_left_out(shift, why):
    xy0 = np.array([[300.0, 200.0]])
    assert np.isnan(triangulate(xy0, xy0 + shift, PINHOLE, PINHOLE, STEREO)).all(), why


def test_no_matches_give_no_depth():
    assert triangulate(np.zeros((0, 2)), np.zeros((0, 2)), PINHOLE, PINHOLE, STEREO).shape == (0,)


def turned(degrees: float) -> np.ndarray:
    """Camera 1 is 1 m to the right and turned inward, so that the rays of the two centers meet at this angle."""
    angle = np.deg2rad(degrees)
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.array([0.0, angle, 0.0]))[0]
    pose[:3, 3] = pose[:3, :3] @ np.array([-1.0, 0.0, 0.0])
    return pose


@pytest.mark.parametrize("degrees", [1.0, 5.0])
def test_the_parallax_of_two_rays_is_their_angle(degrees):
    center = np.array([[319.5, 239.5]])
    for limit, found in ((degrees * 0.99, True), (degrees * 1.01, False)):
        depth = triangulate(center, center, PINHOLE, PINHOLE, turned(degrees), min_parallax=limit)
        assert np.isfinite(depth[0]) == found
    np.testing.assert_allclose(
        triangulate(center, center, PINHOLE, PINHOLE, turned(degrees)), 1 / np.tan(np.deg2rad(degrees)), rtol=1e-4
    )


@pytest.mark.parametrize("view", [0, 1])
def test_the_reprojection_error_is_measured_in_pixels_of_each_view(view):
    """A match v pixels off its line is seen v / 2 pixels off in the coarse and in the fine view alike."""
    xy0 = np.array([[300.0, 200.0]])
    views = [xy0, xy0 - [20.0, 0.0]]
    views[view] = views[view] + [0.0, 3.0]
    for limit, found in ((1.45, False), (1.55, True)):
        depth = triangulate(*views, PINHOLE, PINHOLE, STEREO, max_reprojection_error=limit)
        assert np.isfinite(depth[0]) == found


def test_a_point_behind_either_camera_is_left_out():
    back = np.diag([-1.0, 1.0, -1.0, 1.0])  # camera 1 looks the other way
    center = np.array([[319.5, 239.5]])
    pose = back.copy()
    pose[:3, 3] = (0.2, 0.0, 0.0)
    assert np.isnan(triangulate(center + 1, center - 40, PINHOLE, PINHOLE, pose, max_reprojection_error=100.0)).all()


def test_the_defaults_are_those_of_the_options():
    xy0 = np.array([[300.0, 200.0]])
    near, far = xy0 - [20.0, 1.9], xy0 - [20.0, 2.1]  # about half of it in each view: 1 pixel is allowed
    assert np.isfinite(triangulate(xy0, near, PINHOLE, PINHOLE, STEREO)).all()
    assert np.isnan(triangulate(xy0, far, PINHOLE, PINHOLE, STEREO)).all()


@pytest.mark.parametrize("pose", [STEREO, np.diag([1.0, 1.0, 1.0, 1.0]) + np.eye(4, k=3) * 0.2])
def test_a_point_close_to_the_cameras_has_a_depth_too(pose):
    point = np.array([[0.05, -0.04, 0.4]])
    views = [project(points, MATRIX) for points in (point, transform(point, pose))]
    np.testing.assert_allclose(triangulate(*views, PINHOLE, PINHOLE, pose), 0.4, rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.floats(-4, 4), st.floats(-3, 3), st.floats(-8, 8).filter(lambda z: abs(z) > 0.2), st.floats(-0.6, 1.5))
def test_only_points_in_front_of_both_cameras_have_a_depth(x, y, z, forward):
    """Lines through a point behind a camera meet its image plane all the same."""
    pose = np.eye(4)
    pose[:3, 3] = (-0.5, 0.0, -forward)
    points = np.array([[x, y, z]]), np.array([[x - 0.5, y, z - forward]])
    if abs(points[1][0, 2]) < 0.2:
        return
    views = [view[:, :2] / view[:, 2:] * np.diag(MATRIX)[:2] + MATRIX[:2, 2] for view in points]
    depth = triangulate(*views, PINHOLE, PINHOLE, pose, max_reprojection_error=100.0, min_parallax=0.5)
    if points[0][0, 2] < 0 or points[1][0, 2] < 0:
        assert np.isnan(depth).all()
    elif np.isfinite(depth).all():
        np.testing.assert_allclose(depth, z, rtol=1e-3)


@pytest.mark.parametrize("degrees", [10, 40, 60, 75])
def test_the_reprojection_error_is_one_of_the_image_however_far_from_the_axis(degrees):
    """Without distortion a pixel near the edge of a fisheye's image would be 15 pixels long."""
    lens = Camera(np.array([[200.0, 0, 319.5], [0, 200.0, 239.5], [0, 0, 1]]), np.zeros(4), (480, 640), fisheye=True)
    rng, angle = np.random.default_rng(degrees), np.deg2rad(degrees)
    turn = rng.uniform(0, 2 * np.pi, 200)
    points = 3 * np.column_stack(
        [np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.full(200, np.cos(angle))]
    )
    noise = rng.uniform(-0.5, 0.5, (2, 200, 2))
    xy0, xy1 = lens.project(points) + noise[0], lens.project(transform(points, STEREO)) + noise[1]
    found = np.isfinite(triangulate(xy0, xy1, lens, lens, STEREO, min_parallax=0.0))
    assert found.mean() > 0.98
    off = np.isfinite(triangulate(xy0, xy1 + [0.0, 4.0], lens, lens, STEREO, min_parallax=0.0))
    across = np.abs(np.sin(turn)) < 0.5  # where the line of sight is not moved along itself
    assert off[across].mean() < 0.02
