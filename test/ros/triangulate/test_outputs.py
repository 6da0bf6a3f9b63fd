"""What is said of two images that gave no depth."""

from __future__ import annotations

import re

import pytest
from helpers.stereo_points import CAMERA, T_RIGHT_LEFT, stereo_points

from superpoint_ros.core.stereo import StereoRig, stereo_depth
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.core.types import Features
from superpoint_ros.ros.triangulate.outputs import describe_no_depth

POINTS = stereo_points(0)
NOTHING = Features.empty((240, 320), 32)


@pytest.mark.parametrize(
    ("left", "right", "options", "said"),
    [
        (POINTS.left, POINTS.right, StereoOptions(max_depth=0.1), "lies between min_depth and max_depth$"),
        (POINTS.right, POINTS.left, StereoOptions(), "matches, none passes the reprojection check; are left and right"),
        (NOTHING, NOTHING, StereoOptions(), "no depth from 0 and 0 keypoints$"),
    ],
    ids=["out of range", "exchanged", "no keypoints"],
)
def test_the_reason_is_the_one_there_is(left, right, options, said):
    stereo = stereo_depth(left, right, StereoRig(CAMERA, CAMERA, T_RIGHT_LEFT), options)
    assert len(stereo.depth) == 0
    assert re.search(said, describe_no_depth(stereo, len(left), len(right)))
