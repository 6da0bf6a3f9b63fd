"""The densify node's parameters: defaults, what follows from what, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.inference.densifier import DensifierOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.densify.parameters import SETTINGS, parse_densify_parameters

UNSET = {"extrinsic": None}
DEFAULTS = {setting.name: setting.default for setting in SETTINGS} | UNSET
CONFIG = Path(__file__).resolve().parents[3] / "config" / "densify.yaml"


def test_defaults():
    parameters = parse_densify_parameters(DEFAULTS)
    assert parameters.camera_info_topic == "/camera/camera_info"
    assert parameters.slop == 0
    assert parameters.network == NetworkOptions(weights=None, model=None, backend="auto", device="auto")
    assert parameters.densifier == DensifierOptions(max_image_size=640, min_confidence=0.0, fallback_depth=None)
    assert parameters.T_camera_cloud is None


def test_the_configuration_file_holds_exactly_the_defaults():
    assert yaml.safe_load(CONFIG.read_text())["/**"]["ros__parameters"] | UNSET == DEFAULTS


def test_seconds_become_nanoseconds_and_compressed_topics_find_their_calibration():
    values = DEFAULTS | {"slop": 0.0333, "image_topic": "/left/image/compressed", "transport": "compressed"}
    parameters = parse_densify_parameters(values)
    assert parameters.slop == 33_300_000
    assert parameters.camera_info_topic == "/left/camera_info"


def test_the_extrinsic_is_a_pose():
    half = np.sqrt(0.5)
    pose = parse_densify_parameters(DEFAULTS | {"extrinsic": [1.0, 2.0, 3.0, 0.0, 0.0, half, half]}).T_camera_cloud
    np.testing.assert_allclose(pose @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)


@pytest.mark.parametrize(("choice", "typical"), [("skip", None), ("empty", None), ("guess", 5.0)])
def test_only_a_guess_needs_a_typical_depth(choice, typical):
    parameters = parse_densify_parameters(DEFAULTS | {"on_empty_input": choice, "fallback_depth": 5.0})
    assert parameters.on_empty_input == choice
    assert parameters.densifier.fallback_depth == typical


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extrinsic": [0.0] * 7}, "quaternion not zero"),
        ({"extrinsic": [0.0, 1.0]}, "must be x, y, z"),
        ({"source": "radar"}, "'radar' is not one of 'depth_image', 'point_cloud', 'feature_cloud'"),
        ({"slop": -0.1}, "not between"),
        ({"fallback_depth": 0.0}, "not between 0.01 and 1000.0"),
        ({"on_empty_input": "hope"}, "'hope' is not one of 'skip', 'empty', 'guess'"),
        ({"encoding": "16SC1"}, "'32FC1', '16UC1'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(change, words):
    with pytest.raises(ParameterError, match=words):
        parse_densify_parameters(DEFAULTS | change)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_parameter_is_described(setting):
    assert setting.descriptor().description
    setting.check(setting.default)
