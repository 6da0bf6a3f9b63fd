"""What the launch files make of their arguments; `launch` itself is not needed for it."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from helpers.launch_process import load_launch_file

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.launch_graph import GRAPH_ARGUMENTS, file_parameters

NAMES = ("frontend", "densify", "perception", "bridge")
CAMERAS_FILE = "/**: {ros__parameters: {cameras: {names: [front, rear]}}}\n"


def given(name: str, **arguments: str) -> dict[str, str]:
    """All arguments of a launch file: the given ones, and the others as by default."""
    defaults = {argument.name: argument.default for argument in (*load_launch_file(name).ARGUMENTS, *GRAPH_ARGUMENTS)}
    assert arguments.keys() <= defaults.keys()
    return defaults | arguments


def parameters(name: str, **arguments: str) -> dict[str, dict[str, object]]:
    """What each node of a launch file is started with beside its parameter file."""
    nodes = load_launch_file(name).nodes(given(name, **arguments))
    return {node.name: dict(node.parameters) for node in nodes}


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_is_described_once(name):
    arguments = [*load_launch_file(name).ARGUMENTS, *GRAPH_ARGUMENTS]
    assert all(argument.description for argument in arguments)
    assert len({argument.name for argument in arguments}) == len(arguments)


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_has_the_name_of_its_parameter(name):
    nodes = load_launch_file(name).nodes(given(name))
    known = {name.rpartition(".")[2] for node in nodes for name in node.known}
    for argument in load_launch_file(name).ARGUMENTS:
        words = argument.name.removeprefix("left_").removeprefix("right_"), argument.name.rpartition("_")[2]
        own = argument.name.endswith("params_file") or argument.name == "cameras"
        assert own or known & {argument.name, *words}, argument.name


@pytest.mark.parametrize("name", ["frontend", "densify", "bridge"])
def test_nothing_given_leaves_everything_to_the_file(name):
    assert parameters(name) == {name: {}}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"overlay": "false"}, {"overlay": False}),
        ({"overlay": "true"}, {"overlay": True}),
        ({"topic": "/x"}, {"cameras.camera.topic": "/x"}),
        ({"cameras": "a,b"}, {"cameras.names": ["a", "b"]}),
        ({"cameras": " a, b"}, {"cameras.names": ["a", "b"]}),
        ({"mask_borders": "0,0,0,20"}, {"cameras.camera.mask_borders": [0, 0, 0, 20]}),
        ({"lens_circle": "320,240,230.5"}, {"cameras.camera.lens_circle": [320.0, 240.0, 230.5]}),
        ({"cameras": "a,b", "mask": "/m.png"},
         {"cameras.names": ["a", "b"], "cameras.a.mask": "/m.png", "cameras.b.mask": "/m.png"}),
        ({"cameras": "a,b", "topic": "/x,/y"},
         {"cameras.names": ["a", "b"], "cameras.a.topic": "/x", "cameras.b.topic": "/y"}),
        ({"transport": "compressed"}, {"cameras.camera.transport": "compressed"}),
        ({"rectified": "true"}, {"cameras.camera.rectified": True}),
        ({"camera_info_topic": "/info"}, {"cameras.camera.camera_info_topic": "/info"}),
        ({"weights": "/w", "device": "cpu", "policy": "latest"},
         {"weights": "/w", "device": "cpu", "policy": "latest"}),
        ({"scales": "1,0.5", "max_keypoints": "500"}, {"scales": [1.0, 0.5], "max_keypoints": 500}),
    ],
)  # fmt: skip
def test_arguments_of_the_frontend_become_parameters(arguments, expected):
    assert parameters("frontend", **arguments)["frontend"] == expected


@pytest.mark.parametrize(("argument", "value"), [("transport", "compressed"), ("rectified", "true")])
def test_an_argument_of_the_cameras_reaches_those_that_the_parameter_file_names(tmp_path, argument, value):
    path = tmp_path / "cameras.yaml"
    path.write_text(CAMERAS_FILE)
    found = parameters("frontend", params_file=str(path), **{argument: value})["frontend"]
    assert set(found) == {f"cameras.front.{argument}", f"cameras.rear.{argument}"}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("frontend", {"cameras": "left,right", "topic": "/a"}, r"/a has 1 values for 2 cameras \(left,right\)"),
        ("frontend", {"cameras": "left,left"}, r"cameras.names=\['left', 'left'\] must be one or more different names"),
        ("frontend", {"cameras": "left,"}, "cameras.names=.* must be one or more different names"),
        ("frontend", {"cameras": "the left"}, "cameras.names=.* must be one or more different names"),
        ("frontend", {"lens_circle": "1,2"}, "lens_circle:=1,2 has 2 values for 1 cameras .*, which need 3 each"),
        ("frontend", {"params_file": "/none.yaml", "rectified": "true"}, "/none.yaml: no such file"),
        ("densify", {"slop": "abc"}, "slop:=abc is not a number"),
        (
            "bridge",
            {"consumer": "orb_slam"},
            "consumer='orb_slam' is not one of 'vins_fusion', 'vins_mono'",
        ),
        ("perception", {"slop": "abc"}, "slop:=abc is not a number"),
        ("perception", {"T_left_right": "0.1,0,0"}, "T_left_right"),
    ],
)
def test_a_bad_argument_is_refused_by_its_name(name, arguments, words):
    with pytest.raises(ParameterError, match=words):
        parameters(name, **arguments)


def test_the_topics_of_the_chain_by_default():
    found = parameters("perception")
    for side in ("left", "right"):
        assert found["frontend"][f"cameras.{side}.topic"] == f"{side}/image_raw"
        assert found["triangulate"][f"{side}_features"] == f"frontend/{side}/features"
        assert found["triangulate"][f"{side}_camera_info"] == f"{side}/camera_info"
    assert found["densify"]["image_topic"] == "left/image_raw"
    assert found["densify"]["sparse_topic"] == "triangulate/sparse_depth"


def test_compressed_images_have_their_calibration_beside_the_raw_ones():
    found = parameters("perception", transport="compressed", right_topic="/r/image_rect/compressed")
    assert found["frontend"]["cameras.left.topic"] == "left/image_raw/compressed"
    assert found["triangulate"]["left_camera_info"] == "left/camera_info"
    assert found["triangulate"]["right_camera_info"] == "/r/camera_info"


def test_every_node_of_the_chain_is_told_what_concerns_it():
    found = parameters(
        "perception", left_camera_info_topic="/info", T_left_right="0.12,0,0,0,0,0,1", slop="0.01",
        sync_tolerance="0.01",
        policy="every_frame", superpoint_weights="/s", densifier_weights="/d",
    )  # fmt: skip
    assert found["triangulate"]["T_left_right"] == [0.12, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert found["frontend"]["sync_tolerance"] == 0.01
    assert (found["triangulate"]["slop"], found["triangulate"]["left_camera_info"]) == (0.01, "/info")
    assert (found["frontend"]["weights"], found["densify"]["weights"]) == ("/s", "/d")
    assert found["frontend"]["cameras.left.camera_info_topic"] == found["densify"]["camera_info_topic"] == "/info"
    assert {node["policy"] for node in found.values()} == {"every_frame"}


@pytest.mark.parametrize("name", NAMES)
def test_the_parameter_files_by_default_have_no_name_that_a_node_does_not_know(name):
    for node in load_launch_file(name).nodes(given(name)):
        for parameter in file_parameters(node.name, node.params_file, ""):
            assert any(fnmatchcase(parameter, known) for known in node.known), parameter
