"""The densify node's parameters: defaults, what follows from what, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.inference.densifier import DensifierOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.densify.parameters import SCHEMA
from superpoint_ros.ros.runtime.options import pose_matrix


def test_defaults():
    parameters = SCHEMA.parse({})
    assert parameters.image_topic == "camera/image_raw"
    assert parameters.pairing.slop_nanoseconds == 0
    assert parameters.network == NetworkOptions()
    assert parameters.densifier_options == DensifierOptions()
    assert parameters.T_camera_cloud is None


def test_seconds_become_nanoseconds():
    assert SCHEMA.parse({"slop": 0.0333}).pairing.slop_nanoseconds == 33_300_000


def test_a_given_pose_is_a_transform():
    half = np.sqrt(0.5)
    parameters = SCHEMA.parse({"T_camera_cloud": [1.0, 2.0, 3.0, 0.0, 0.0, half, half]})
    pose = pose_matrix("T_camera_cloud", parameters.T_camera_cloud)
    np.testing.assert_allclose(pose @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)


@pytest.mark.parametrize(("choice", "fallback"), [("skip", None), ("empty", None), ("guess", 5.0)])
def test_only_a_guess_needs_a_fallback_depth(choice, fallback):
    parameters = SCHEMA.parse({"on_empty_input": choice, "fallback_depth": 5.0})
    assert parameters.on_empty_input == choice
    assert parameters.densifier_options.fallback_depth == fallback


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"T_camera_cloud": [0.0] * 7}, "quaternion not zero"),
        ({"T_camera_cloud": [0.0, 1.0]}, "has 2 values, not 7"),
        ({"source": "radar"}, "'radar' is not one of 'depth_image', 'point_cloud', 'feature_cloud'"),
        ({"slop": -0.1}, "not between"),
        ({"fallback_depth": -1.0}, "not between 0.01 and 1000"),
        ({"on_empty_input": "hope"}, "'hope' is not one of 'skip', 'empty', 'guess'"),
        ({"on_empty_input": "guess"}, "needs fallback_depth"),
        ({"encoding": "16SC1"}, "'32FC1', '16UC1'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(change, words):
    with pytest.raises(ParameterError, match=words):
        SCHEMA.parse(change)


def test_a_range_of_depth_that_holds_none_is_refused():
    with pytest.raises(ParameterError, match="min_depth=5 is above max_depth=2: no depth would be kept"):
        SCHEMA.parse({"min_depth": 5.0, "max_depth": 2.0})
