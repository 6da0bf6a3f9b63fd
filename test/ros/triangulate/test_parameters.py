"""The triangulate node's parameters: defaults, what follows from what, what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.ros.triangulate.parameters import SETTINGS, parse_triangulate_parameters

DEFAULTS = {setting.name: setting.default for setting in SETTINGS if setting.name != "extrinsic"} | {"extrinsic": None}
CONFIG = Path(__file__).resolve().parents[3] / "config" / "triangulate.yaml"


def test_defaults():
    parameters = parse_triangulate_parameters(DEFAULTS)
    assert parameters.features_topics == ("/frontend/left/features", "/frontend/right/features")
    assert parameters.camera_info_topics == ("/left/camera_info", "/right/camera_info")
    assert parameters.T_left_right is None
    assert parameters.slop == 0
    assert parameters.options == StereoOptions()


def test_the_configuration_file_holds_exactly_the_defaults():
    given = yaml.safe_load(CONFIG.read_text())["/**"]["ros__parameters"]
    assert given | {"extrinsic": None} == DEFAULTS
    assert "extrinsic" not in given


def test_values_become_options():
    values = DEFAULTS | {
        "slop": 0.0333,
        "max_reprojection_error": 2.5,
        "min_depth": 0.5,
        "max_depth": 12.0,
        "min_parallax": 1.0,
    }
    parameters = parse_triangulate_parameters(values)
    assert parameters.slop == 33_300_000
    assert parameters.options == StereoOptions(0.7, 2.5, 1.0, 0.5, 12.0)


def test_zero_is_no_limit():
    assert parse_triangulate_parameters(DEFAULTS | {"max_depth": 0.0}).options.max_depth is None


def test_the_extrinsic_is_a_pose():
    half = np.sqrt(0.5)
    values = DEFAULTS | {"extrinsic": [1.0, 2.0, 3.0, 0.0, 0.0, half, half]}
    pose = parse_triangulate_parameters(values).T_left_right
    np.testing.assert_allclose(pose @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extrinsic": [0.0] * 7}, "quaternion not zero"),
        ({"extrinsic": [0.0, 1.0]}, "must be x, y, z"),
        ({"extrinsic": [math.nan, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]}, "must be x, y, z"),
        ({"slop": -0.1}, "not between"),
        ({"max_reprojection_error": 0.0}, "not between"),
        ({"max_descriptor_distance": 2.5}, "not between"),
        ({"min_parallax": 91.0}, "not between"),
        ({"policy": "some"}, "not one of 'latest', 'every_frame'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(change, words):
    with pytest.raises(ParameterError, match=words):
        parse_triangulate_parameters(DEFAULTS | change)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_parameter_is_described(setting):
    assert setting.descriptor().description
    setting.check(DEFAULTS[setting.name])
