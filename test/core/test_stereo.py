"""Depth of what two cameras share, against points that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.stereo_points import CAMERA, T_RIGHT_LEFT, features, stereo_points

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.stereo import StereoRig, stereo_depth
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.core.types import Features

RIG = StereoRig(CAMERA, CAMERA, T_RIGHT_LEFT)


@pytest.mark.parametrize("seed", range(3))
def test_every_point_is_found_with_its_depth(seed):
    points = stereo_points(seed)
    found = stereo_depth(points.left, points.right, RIG, StereoOptions())
    np.testing.assert_array_equal(found.matches.index0, np.arange(len(points.left)))
    np.testing.assert_array_equal(found.matches.index1, points.order)
    np.testing.assert_allclose(found.matches.distance**2, 0.0, atol=1e-5)
    np.testing.assert_allclose(found.depth, points.depth, rtol=1e-3)
    assert found.depth.dtype == np.float32
    assert found.candidates == len(points.left)


def test_what_is_off_the_epipolar_line_is_dropped():
    points = stereo_points(1)
    xy = points.right.xy.copy()
    xy[points.order[5]] += (0.0, 3.0)
    found = stereo_depth(points.left, replace(points.right, xy=xy), RIG, StereoOptions(max_reprojection_error=1.0))
    assert found.candidates == len(points.left)
    assert set(range(len(points.left))) - set(found.matches.index0.tolist()) == {5}
    tolerant = stereo_depth(points.left, replace(points.right, xy=xy), RIG, StereoOptions(max_reprojection_error=2.0))
    assert len(tolerant.depth) == len(points.left)


def test_depths_out_of_range_are_dropped():
    points = stereo_points(2)
    found = stereo_depth(points.left, points.right, RIG, StereoOptions(min_depth=1.5, max_depth=3.0))
    expected = np.flatnonzero((points.depth >= 1.5) & (points.depth <= 3.0))
    np.testing.assert_array_equal(found.matches.index0, expected)


def test_exchanged_images_give_no_depth():
    points = stereo_points(0)
    found = stereo_depth(points.right, points.left, RIG, StereoOptions())
    assert (found.candidates, len(found.matches), len(found.depth)) == (len(points.left), 0, 0)


def test_unlike_descriptors_do_not_match():
    points = stereo_points(0)
    other = features(points.right.xy, -points.right.descriptors)
    assert stereo_depth(points.left, other, RIG, StereoOptions(max_descriptor_distance=0.1)).candidates == 0


def test_no_keypoints_give_no_depth():
    points = stereo_points(0)
    found = stereo_depth(points.left, Features.empty((240, 320), 32), RIG, StereoOptions())
    assert (len(found.matches), len(found.depth), found.candidates) == (0, 0, 0)


def test_the_limits_of_depth_belong_to_the_range():
    points = stereo_points(2)
    depth = stereo_depth(points.left, points.right, RIG).depth
    nearest, farthest = float(depth.min()), float(depth.max())
    kept = stereo_depth(points.left, points.right, RIG, StereoOptions(min_depth=nearest, max_depth=farthest)).depth
    np.testing.assert_array_equal(kept, depth)
    inner = StereoOptions(min_depth=float(np.nextafter(np.float32(nearest), np.float32(9))), max_depth=farthest)
    assert len(stereo_depth(points.left, points.right, RIG, inner).depth) == len(depth) - 1


def test_every_option_of_stereo_is_applied():
    points = stereo_points(1)
    parallel = StereoOptions(min_parallax=60.0)
    assert len(stereo_depth(points.left, points.right, RIG, parallel).depth) == 0
    assert stereo_depth(points.left, points.right, RIG, StereoOptions(max_depth=None)).depth.size == len(points.left)


def test_a_range_of_depth_that_holds_none_is_refused():
    assert StereoOptions(min_depth=2.0, max_depth=2.0).max_depth == 2.0
    with pytest.raises(ParameterError, match="min_depth=5 is above max_depth=2: no depth would be kept"):
        StereoOptions(min_depth=5.0, max_depth=2.0)
