"""Words of a launch command line become parameters, or an error that names the argument."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import NO_LIMIT, OptionSpec
from superpoint_ros.ros.runtime.launch_arguments import (
    parameter_argument,
    parse_argument,
    parse_arguments,
    per_camera,
    unknown_names,
)

SLOP = OptionSpec("slop", float, 0.0, "Largest difference of the stamps of a pair.", unit="s", limits=(0.0, 10.0))
MAX_DEPTH = OptionSpec("max_depth", float, None, "Farther depth is left out.", unit="m", none=NO_LIMIT)
ROWS = OptionSpec("rows", int, 1, "Rows of the grid.", limits=(1, 100))
RELU_LAYERS = OptionSpec("rectified", bool, False, "The images are rectified.")
POLICY = OptionSpec("policy", str, "latest", "Which images are processed.", choices=("latest", "every_frame"))
TOPIC = OptionSpec("topic", str, "", "Topic of the images.")
POSE = OptionSpec("T_left_right", float, (), "Pose.", count=7)
MASK = OptionSpec("mask", str, "", "Path of an image.")
BORDERS = OptionSpec("mask_borders", int, (0, 0, 0, 0), "Strips.", count=4)
SCALES = OptionSpec("scales", float, (1.0,), "Scales.", count=None)


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (SLOP, "0.01", 0.01),
        (SLOP, "1", 1.0),
        (MAX_DEPTH, "0", 0.0),
        (ROWS, "4", 4),
        (RELU_LAYERS, "true", True),
        (RELU_LAYERS, "false", False),
        (POLICY, "latest", "latest"),
        (POSE, "0.1,0,0, 0,0,0,1", [0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
        (SCALES, "1", [1.0]),
    ],
)
def test_a_word_becomes_a_value_of_the_parameter_s_type(spec, text, value):
    parsed = parse_argument(spec, text)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("spec", "text", "words"),
    [
        (SLOP, "abc", "slop:=abc is not a number"),
        (SLOP, "20", "slop=20.0 is not between 0 and 10 s"),
        (ROWS, "1.5", "rows:=1.5 is not an integer"),
        (RELU_LAYERS, "perhaps", "rectified:=perhaps is not true or false"),
        (POLICY, "newest", "policy='newest' is not one of 'latest', 'every_frame'"),
        (POSE, "0,0,x,0,0,0,1", "T_left_right:=0,0,x,0,0,0,1 is not a list of float, separated by commas"),
        (POSE, "0,0,0", "T_left_right=.* has 3 values, not 7"),
    ],
)
def test_a_word_that_is_no_value_is_refused_with_the_argument_s_name(spec, text, words):
    with pytest.raises(ParameterError, match=words):
        parse_argument(spec, text)


def test_the_message_names_the_argument_where_it_is_not_the_parameter_s_name():
    with pytest.raises(ParameterError, match="right_slop:=abc is not a number"):
        parse_argument(SLOP, "abc", "right_slop")


def test_arguments_that_were_not_given_are_left_to_the_parameter_file():
    assert parse_arguments({"slop": SLOP, "rows": ROWS}, {"slop": "", "rows": "2"}) == {"rows": 2}


def test_cameras_have_a_value_each_or_one_for_all():
    assert per_camera(TOPIC, "/a,/b", ["left", "right"]) == {"left": "/a", "right": "/b"}
    assert per_camera(RELU_LAYERS, "true", ["left", "right"]) == {"left": True, "right": True}
    assert per_camera(RELU_LAYERS, "true,false", ["left", "right"]) == {"left": True, "right": False}


def test_a_word_that_is_no_topic_holds_for_all_cameras():
    assert per_camera(MASK, "/m.png", ["left", "right"]) == {"left": "/m.png", "right": "/m.png"}
    with pytest.raises(ParameterError, match=r"mask_topic:=/m has 1 values for 2 cameras \(left,right\)$"):
        per_camera(replace(TOPIC, name="mask_topic"), "/m", ["left", "right"])


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_cameras_have_a_list_each_or_one_for_all(count):
    cameras = ["a", "b", "c", "d"][:count]
    assert per_camera(BORDERS, "0, 0,0,20", cameras) == {name: [0, 0, 0, 20] for name in cameras}
    each = {camera: [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3] for i, camera in enumerate(cameras)}
    assert per_camera(BORDERS, ",".join(map(str, range(4 * count))), cameras) == each


@pytest.mark.parametrize("text", ["0,0,0", "0,0,0,0,20", "0", "0,0,0,0,0,0,0,0,0,0,0,0"])
def test_lists_of_another_length_are_refused_with_the_length_they_need(text):
    found = text.count(",") + 1
    words = rf"mask_borders:={text} has {found} values for 2 cameras \(a,b\), which need 4 each"
    with pytest.raises(ParameterError, match=words):
        per_camera(BORDERS, text, ["a", "b"])


@pytest.mark.parametrize("spec", [TOPIC, RELU_LAYERS])
def test_another_number_of_values_than_of_cameras_is_refused(spec):
    with pytest.raises(ParameterError, match=r"has 2 values for 3 cameras \(a,b,c\)"):
        per_camera(spec, "true,true", ["a", "b", "c"])


def test_one_topic_is_not_given_to_two_cameras():
    with pytest.raises(ParameterError, match=r"topic:=/a has 1 values for 2 cameras \(left,right\)"):
        per_camera(TOPIC, "/a", ["left", "right"])


def test_a_name_that_is_not_known_is_shown_beside_the_one_that_it_resembles():
    assert unknown_names(["polcy", "xyz", "slop"], ["policy", "slop"]) == ["polcy (did you mean policy?)", "xyz"]


def test_the_description_of_an_argument_is_the_parameter_s():
    argument = parameter_argument(SLOP)
    assert argument.name == "slop"
    assert argument.description.startswith("Largest difference of the stamps of a pair [s]")
    assert parameter_argument(POLICY).choices == ("", "latest", "every_frame")
    assert parameter_argument(RELU_LAYERS).choices == ("", "true", "false")
    assert parameter_argument(POSE, name="pose").name == "pose"
