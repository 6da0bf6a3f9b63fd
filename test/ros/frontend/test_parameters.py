from pathlib import Path

import pytest
import rclpy
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.tracker import TrackerOptions
from superpoint_ros.inference.network_options import NetworkOptions
from superpoint_ros.ros.frontend.parameters import SETTINGS, camera_settings, declare_parameters, parse_parameters

NUMBERS = [setting for setting in SETTINGS if setting.limits]
CONFIG = Path(__file__).resolve().parents[3] / "config" / "frontend.yaml"


def defaults(cameras=("camera",), **changes):
    settings = [*SETTINGS, *(setting for name in cameras for setting in camera_settings(name).values())]
    return {setting.name: setting.default for setting in settings} | {"cameras.names": list(cameras)} | changes


@pytest.fixture
def node_with():
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def create(**overrides):
        parameters = [Parameter(name.replace("__", "."), value=value) for name, value in overrides.items()]
        nodes.append(Node("parameters", context=context, parameter_overrides=parameters))
        return nodes[-1]

    yield create
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown(context=context)


def test_defaults_are_those_of_the_library():
    parameters = parse_parameters(defaults())
    assert parameters.tracker == TrackerOptions()
    assert parameters.decoding == DecodeOptions()
    assert parameters.network == NetworkOptions(weights=None, model=None, backend="auto", device="auto")


def test_the_config_file_holds_the_defaults():
    def flat(tree, prefix=""):
        for key, value in tree.items():
            yield from flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]

    given_values = dict(flat(yaml.safe_load(CONFIG.read_text())["/**"]["ros__parameters"]))
    known = defaults()
    assert set(given_values) <= set(known)
    assert parse_parameters(known | given_values) == parse_parameters(known)


@pytest.mark.parametrize(
    ("topic", "transport", "expected", "camera_info"),
    [
        ("", "raw", "/left/image_raw", "/left/camera_info"),
        ("", "compressed", "/left/image_raw/compressed", "/left/camera_info"),
        ("/cam0/image", "raw", "/cam0/image", "/cam0/camera_info"),
        ("/cam0/image/compressed", "compressed", "/cam0/image/compressed", "/cam0/camera_info"),
        ("/image", "raw", "/image", "/camera_info"),
        ("image", "raw", "image", "camera_info"),
        ("robot/image", "raw", "robot/image", "robot/camera_info"),
    ],
)
def test_topics(topic, transport, expected, camera_info):
    changes = {"cameras.left.topic": topic, "cameras.left.transport": transport}
    (camera,) = parse_parameters(defaults(["left"], **changes)).cameras
    assert (camera.topic, camera.camera_info_topic) == (expected, camera_info)


def test_a_camera_info_topic_can_be_given():
    (camera,) = parse_parameters(defaults(["left"], **{"cameras.left.camera_info_topic": "/calibration"})).cameras
    assert camera.camera_info_topic == "/calibration"


@pytest.mark.parametrize("names", [[], ["a", "a"], ["a b"], [""], ["0a"], ["a/b"], ["names"]])
def test_bad_camera_names(names):
    with pytest.raises(ParameterError, match=r"cameras\.names="):
        parse_parameters(defaults(["camera"]) | {"cameras.names": names})


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_numbers_out_of_range_are_refused(setting):
    for value in (setting.limits[0] - 1, setting.limits[1] + 1, float("nan")):
        with pytest.raises(ParameterError, match=f"{setting.name}=.* is not between"):
            parse_parameters(defaults(**{setting.name: value}))


@given(st.data(), st.sampled_from(NUMBERS))
def test_numbers_in_range_are_what_the_library_takes(data, setting):
    kind = st.integers if isinstance(setting.default, int) else st.floats
    value = data.draw(kind(*setting.limits))
    lowest = {"detection_threshold": 0.0, "max_displacement": 0.1, "epipolar_threshold": 0.01}
    if setting.default < value < lowest.get(setting.name, value):
        with pytest.raises(ParameterError, match=setting.name):
            parse_parameters(defaults(**{setting.name: value}))
    else:
        parse_parameters(defaults(**{setting.name: value}))


@pytest.mark.parametrize("scales", [[], [0.0], [-1.0, 1.0], [4.5], [1.0, 1.0], [float("nan")]])
def test_scales_out_of_range_are_refused(scales):
    with pytest.raises(ParameterError, match=r"scales=\[.* (is not between|has 0 values|must be different)"):
        parse_parameters(defaults(scales=scales))


@pytest.mark.parametrize("name", ["policy", "descriptor_sampling", "cameras.camera.transport"])
def test_unknown_words_are_refused(name):
    with pytest.raises(ParameterError, match=f"{name}='sometimes' is not one of"):
        parse_parameters(defaults(**{name: "sometimes"}))


def test_every_parameter_is_declared_with_description_and_range(node_with):
    node = node_with(cameras__names=["left", "right"])
    declare_parameters(node)
    for name in defaults(["left", "right"]):
        descriptor = node.describe_parameter(name)
        assert descriptor.description
        number = isinstance(node.get_parameter(name).value, int | float) and descriptor.type != 1
        assert bool(descriptor.integer_range or descriptor.floating_point_range) == number


def test_declared_values_are_read(node_with):
    node = node_with(
        cameras__names=["left"],
        cameras__left__topic="/l",
        nms_radius=7,
        detection_threshold=0.25,
        policy="every_frame",
        scales=[1.0, 0.5],
    )
    parameters = declare_parameters(node)
    assert parameters.policy == "every_frame"
    assert parameters.cameras[0].topic == "/l"
    assert parameters.decoding == DecodeOptions(nms_radius=7, scales=(1.0, 0.5), detection_threshold=0.25)


@pytest.mark.parametrize(
    "override", [{"nms_radius": 1.5}, {"nms_radius": 65}, {"weights": 3}, {"policy": True}, {"scales": 0.5}]
)
def test_wrong_types_and_ranges_are_refused_at_declaration(node_with, override):
    with pytest.raises(ParameterException, match=next(iter(override))):
        declare_parameters(node_with(**override))
