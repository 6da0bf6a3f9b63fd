"""What a parameter file may hold for nodes that a bag is played to, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.replay.node_parameters import read_node_parameters

CONFIG = Path(__file__).parents[2] / "config"


def written(folder, **sections):
    path = folder / "parameters.yaml"
    path.write_text(str({name: {"ros__parameters": values} for name, values in sections.items()}))
    return path


def test_the_nodes_have_their_sections_and_no_file_is_no_parameters(tmp_path):
    path = written(tmp_path, **{"/**": {"policy": "latest"}, "frontend": {"nms_radius": 5}})
    expected = {name: {"policy": "latest"} for name in ("frontend", "triangulate", "densify")}
    assert read_node_parameters(path) == expected | {"frontend": {"policy": "latest", "nms_radius": 5}}
    assert read_node_parameters(None) == {name: {} for name in expected}


@pytest.mark.parametrize("name", ["frontend", "triangulate", "densify", "bridge"])
def test_the_files_of_defaults_are_whole(name):
    read_node_parameters(CONFIG / f"{name}.yaml")


@pytest.mark.parametrize("name", ["frontend", "triangulate", "densify", "bridge"])
def test_a_file_of_all_parameters_of_one_node_leaves_the_others_as_they_are(name):
    given = read_node_parameters(CONFIG / f"{name}.yaml")
    assert [node for node, values in given.items() if values] == [name] * (name in given)


def test_a_pattern_that_sets_some_parameters_sets_them_for_every_node(tmp_path):
    path = written(tmp_path, **{"/**": {"max_image_size": 480, "nms_radius": 5}})
    assert {values["max_image_size"] for values in read_node_parameters(path).values()} == {480}


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (
            {"/frontend": {"max_keypoint": 9}},
            r"/frontend: no parameter of frontend: max_keypoint \(did you mean max_keypoints\?\)$",
        ),
        ({"/frontend": {"zzz": 9}}, r"/frontend: no parameter of frontend: zzz$"),
        ({"/frontend": {"cameras.names": ["left"], "cameras.right.topic": "/r"}}, "frontend: cameras.right.topic"),
        ({"/densify": {"max_keypoints": 9}}, "/densify: no parameter of densify: max_keypoints"),
        ({"/bridge": {"consumr": "rtabmap"}, "/frontend": {}}, "/bridge: no parameter of bridge: consumr"),
        ({"/**": {"max_keypoint": 9}}, r"/\*\*: no parameter of .*: max_keypoint \(did you mean max_keypoints\?\)"),
        ({"/frontned": {}, "/densify": {}}, r"no node /frontned is run here \(did you mean /frontend\?\)"),
        ({"/robot/frontend": {}, "/densify": {}}, r"no node /robot/frontend is run here \(did you mean /frontend\?\)"),
        ({"/amcl": {"alpha1": 0.2}}, "holds nothing for /frontend, /triangulate, /densify, but for /amcl"),
        ({"/bridge": {"consumer": "rtabmap"}}, "holds nothing for .*, but for /bridge"),
    ],
)
def test_names_that_no_node_has_are_refused(sections, said, tmp_path):
    with pytest.raises(ParameterError, match=f"parameters.yaml: .*{said}"):
        read_node_parameters(written(tmp_path, **sections))


def test_nodes_of_other_packages_and_what_patterns_say_to_them_are_left_to_them(tmp_path):
    others = {"/amcl": {"alpha1": 0.2}, "/front_camera": {"fps": 30}, "/robot/bridge": {"a": 1}}
    ros = {"use_sim_time": True, "qos_overrides./left/image_raw.subscription.reliability": "reliable"}
    path = written(tmp_path, **{"/**": ros | {"robot_description": "x"}, "/frontend": ros, **others})
    assert read_node_parameters(path)["frontend"] == ros | {"robot_description": "x"}


def test_defaults_of_the_usual_camera_are_not_meant_for_cameras_of_other_names(tmp_path):
    usual = {"cameras.names": ["left"], "cameras.camera.transport": "raw"}
    assert read_node_parameters(written(tmp_path, **{"/frontend": usual}))["frontend"] == usual
    with pytest.raises(ParameterError, match=r"cameras\.camera\.topic"):
        read_node_parameters(written(tmp_path, **{"/frontend": usual | {"cameras.camera.topic": "/x"}}))
