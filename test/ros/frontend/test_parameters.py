"""The frontend node's parameters: defaults, cameras by name, what is refused, how ROS sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rclpy.exceptions import ParameterException
from rclpy.parameter import Parameter

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.inference.network_options import NetworkOptions, RuntimeOptions
from superpoint_ros.ros.frontend.parameters import SCHEMA
from superpoint_ros.ros.runtime.parameters import NodeParameters

NUMBERS = [spec for spec in SCHEMA.all_specs().values() if spec.limits and spec.count == 1]


@pytest.fixture
def node_with(create_node):
    def create(**overrides):
        parameters = [Parameter(name.replace("__", "."), value=value) for name, value in overrides.items()]
        return create_node(parameter_overrides=parameters)

    return create


def declared(node) -> NodeParameters:
    return NodeParameters(node, SCHEMA, lambda: None)


def test_defaults_are_those_of_the_library():
    parameters = SCHEMA.parse({})
    assert parameters.tracker == TrackerOptions()
    assert parameters.decoding == DecodeOptions()
    assert parameters.network == NetworkOptions(
        weights=None, model=None, runtime=RuntimeOptions(backend="auto", device="auto")
    )
    assert list(parameters.cameras) == ["camera"]


@pytest.mark.parametrize("names", [[], ["a", "a"], ["a b"], [""], ["0a"], ["a/b"], ["names"]])
def test_bad_camera_names(names):
    with pytest.raises(ParameterError, match=r"cameras\.names="):
        SCHEMA.parse({"cameras.names": names})


@pytest.mark.parametrize("spec", NUMBERS, ids=lambda spec: spec.name)
def test_numbers_out_of_range_are_refused(spec):
    for value in (spec.limits[0] - 2, spec.limits[1] + 1, spec.kind(-7)):
        with pytest.raises(ParameterError, match=f"{spec.name}=.* is not between"):
            SCHEMA.parse({spec.name: spec.kind(value)})


@given(st.data(), st.sampled_from(NUMBERS))
def test_numbers_in_range_are_what_the_library_takes(data, spec):
    kind = st.integers if spec.kind is int else st.floats
    SCHEMA.parse({spec.name: data.draw(kind(*spec.limits))})


@pytest.mark.parametrize("scales", [[], [0.0], [-1.0, 1.0], [4.5], [1.0, 1.0], [float("nan")]])
def test_scales_out_of_range_are_refused(scales):
    with pytest.raises(ParameterError, match="scales="):
        SCHEMA.parse({"scales": scales})


@pytest.mark.parametrize("name", ["policy", "descriptor_sampling", "cameras.camera.transport"])
def test_unknown_words_are_refused(name):
    with pytest.raises(ParameterError, match=f"{name}='sometimes' is not one of"):
        SCHEMA.parse({name: "sometimes"})


def test_every_parameter_is_declared_with_description_and_range(node_with):
    node = node_with(cameras__names=["left", "right"])
    declared(node).read()
    values = {name: one.value for name, one in node.get_parameters_by_prefix("").items() if name != "use_sim_time"}
    assert "cameras.right.wait_for_camera_info" in values
    for name, value in values.items():
        if name.startswith(("start_type_description", "qos_overrides")):
            continue
        descriptor = node.describe_parameter(name)
        assert descriptor.description
        number = isinstance(value, int | float) and descriptor.type != 1
        assert bool(descriptor.integer_range or descriptor.floating_point_range) == number


@pytest.mark.parametrize("subpixel", [True, False])
def test_a_switch_that_is_the_models_own_unless_set(node_with, subpixel):
    assert declared(node_with(cameras__names=["left"])).read().decoding.subpixel is None
    node = node_with(cameras__names=["left"], subpixel=subpixel)
    assert declared(node).read().decoding.subpixel is subpixel


def test_declared_values_are_read(node_with):
    node = node_with(
        cameras__names=["left"],
        cameras__left__topic="/l",
        nms_radius=7,
        detection_threshold=0.25,
        policy="every_frame",
        scales=[1.0, 0.5],
    )
    parameters = declared(node).read()
    assert parameters.policy == "every_frame"
    assert parameters.cameras["left"].topic == "/l"
    assert parameters.decoding == DecodeOptions(nms_radius=7, detection_threshold=0.25, scales=(1.0, 0.5))


def test_a_parameter_that_nobody_declared_is_named_with_the_one_it_resembles(node_with):
    node = node_with(nms_radus=7, zzz=1, max_keypoints=10)
    assert declared(node).undeclared() == ["nms_radus (did you mean nms_radius?)", "zzz"]


def test_defaults_of_the_usual_camera_are_not_meant_for_cameras_of_other_names(node_with):
    usual = {"cameras__camera__transport": "raw", "cameras__camera__mask_borders": [0, 0, 0, 0]}
    parameters = declared(node_with(cameras__names=["left"], **usual, cameras__camera__topic="/x"))
    parameters.read()
    assert [name.split()[0] for name in parameters.undeclared()] == ["cameras.camera.topic"]


@pytest.mark.parametrize(
    "override", [{"nms_radius": 1.5}, {"nms_radius": 65}, {"weights": 3}, {"policy": True}, {"scales": 0.5}]
)
def test_wrong_types_and_ranges_are_refused_as_they_are_read(node_with, override):
    with pytest.raises(ParameterException, match=next(iter(override))):
        declared(node_with(**override)).read()


@pytest.mark.parametrize(
    ("scales", "pixels"), [([1.0], 16_000_000), ([0.5], 16_000_000), ([2.0, 1.0], 4_000_000), ([4.0], 1_000_000)]
)
def test_the_largest_scale_counts_for_the_size_of_an_image(scales, pixels):
    assert SCHEMA.parse({"scales": scales}).max_pixels == pixels
    assert SCHEMA.parse({"scales": scales, "max_megapixels": 8.0}).max_pixels == pixels // 2


def test_a_set_of_more_cameras_than_there_are_is_refused():
    sync = {"cameras.names": ["left", "right"], "sync_tolerance": 0.005}
    assert SCHEMA.parse(sync | {"min_cameras": 2}).sync.tolerance_nanoseconds == 5_000_000
    with pytest.raises(ParameterError, match=r"min_cameras=3: cameras.names names no more than 2"):
        SCHEMA.parse(sync | {"min_cameras": 3})
