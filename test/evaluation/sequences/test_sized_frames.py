from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up_scenes import CAMERA, SIZE, wall_frames, wall_homography
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import warp_points
from superpoint_ros.evaluation.sequences.sized_frames import (
    measured_depth,
    relative_pose,
    reproject,
    size_frame,
    undistort,
)

FRAMES = wall_frames(3)


def test_a_resized_frame_takes_its_camera_along():
    view = size_frame(wall_frames(1)[0], (120, 160))
    assert view.image.shape == (120, 160)
    np.testing.assert_allclose(view.camera.K, [[150, 0, 79.5], [0, 150, 59.5], [0, 0, 1]], rtol=1e-6)


@pytest.mark.parametrize("depth_size", [(240, 320), (120, 160), (480, 640)])
@pytest.mark.parametrize("size", [None, (120, 160)])
def test_depth_is_looked_up_where_the_point_is_whatever_the_sizes(depth_size, size):
    y, x = ((index + 0.5) / side for index, side in zip(np.indices(depth_size), depth_size, strict=True))
    depth = (10.0 + x + 0.1 * y).astype(np.float32)
    view = size_frame(replace(FRAMES[0], depth=lambda: depth), size)
    height, width = view.image.shape
    xy = np.array([[0.25 * width - 0.5, 0.75 * height - 0.5], [0.6 * width - 0.5, 0.1 * height - 0.5]])
    assert measured_depth(view, xy) == pytest.approx([10.325, 10.61], abs=0.01)


def test_a_frame_without_depth_has_none_anywhere():
    view = size_frame(replace(FRAMES[0], depth=None), None)
    assert np.isnan(measured_depth(view, np.array([[20.0, 30.0]]))).all()


def test_relative_pose_by_hand():
    first, _, third = wall_frames(3, step=0.1)
    assert relative_pose(first, third)[:3, 3] == pytest.approx([-0.2, -0.04, -0.1])


def test_rectifying_without_distortion_changes_nothing():
    xy = np.array([[3.0, 7.0], [310.0, 200.0]])
    assert undistort(xy, CAMERA) == pytest.approx(xy)


def test_rectifying_undoes_distortion():
    distorted = Camera(CAMERA.K, np.array([0.1, 0, 0, 0]), SIZE)
    x = 0.3  # at radius r a point is seen at r (1 + 0.1 r^2)
    seen = np.array([[159.5 + 300 * x * (1 + 0.1 * x * x), 119.5]])
    assert undistort(seen, distorted) == pytest.approx(np.array([[159.5 + 90, 119.5]]), abs=1e-4)


@given(st.floats(0, 319), st.floats(0, 239))
def test_depth_and_poses_agree_with_the_homography_of_the_wall(x, y):
    xy = np.array([[x, y]])
    expected = reproject(xy, np.array([2.0]), CAMERA, CAMERA, relative_pose(FRAMES[0], FRAMES[2]))
    assert expected == pytest.approx(warp_points(xy, wall_homography(FRAMES[2].pose)), abs=1e-9)


def test_unknown_depth_gives_no_position():
    first, second = wall_frames(2)
    pose = relative_pose(first, second)
    assert np.isnan(reproject(np.array([[5.0, 5.0]]), np.array([np.nan]), CAMERA, CAMERA, pose)).all()
