"""The triangulate node's parameters: defaults, what follows from what, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.ros.runtime.options import pose_matrix
from superpoint_ros.ros.triangulate.parameters import SCHEMA


def test_defaults():
    parameters = SCHEMA.parse({})
    assert (parameters.left_features, parameters.right_features) == (
        "frontend/left/features",
        "frontend/right/features",
    )
    assert (parameters.left_camera_info, parameters.right_camera_info) == ("left/camera_info", "right/camera_info")
    assert parameters.T_left_right is None
    assert parameters.pairing.slop == 0
    assert parameters.stereo == StereoOptions()


def test_values_become_options():
    values = {"slop": 0.0333, "max_reprojection_error": 2.5, "min_depth": 0.5, "max_depth": 12.0, "min_parallax": 1.0}
    parameters = SCHEMA.parse(values)
    assert parameters.pairing.slop_nanoseconds == 33_300_000
    assert parameters.stereo == StereoOptions(
        max_reprojection_error=2.5, min_parallax=1.0, min_depth=0.5, max_depth=12.0
    )


def test_no_limit_is_none():
    assert SCHEMA.parse({"max_depth": 0.0}).stereo.max_depth is None


def test_a_given_pose_is_a_transform():
    half = np.sqrt(0.5)
    parameters = SCHEMA.parse({"T_left_right": [1.0, 2.0, 3.0, 0.0, 0.0, half, half]})
    pose = pose_matrix("T_left_right", parameters.T_left_right)
    np.testing.assert_allclose(pose @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"T_left_right": [0.0] * 7}, "quaternion not zero"),
        ({"T_left_right": [0.0, 1.0]}, "has 2 values, not 7"),
        ({"T_left_right": [math.nan, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]}, "must be x, y, z"),
        ({"slop": -0.1}, "not between"),
        ({"max_reprojection_error": 0.0}, "not between"),
        ({"max_descriptor_distance": 2.5}, "not between"),
        ({"min_parallax": 91.0}, "not between"),
        ({"policy": "some"}, "not one of 'latest', 'every_frame'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(change, words):
    with pytest.raises(ParameterError, match=words):
        SCHEMA.parse(change)
