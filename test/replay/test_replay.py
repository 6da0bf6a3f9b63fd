"""Bags replayed without ROS: the bytes of a live node, the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.bags import picture, write_images_bag, write_messages_bag
from helpers.camera_messages import camera_messages
from helpers.ros_probe import milliseconds
from helpers.shared_data import shared_data
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.cli.replay import outputs, own_share
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.comparison import compare_bags
from superpoint_ros.replay.replay import ReplayOptions, settings_digest

MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"
SHARED_BAGS = ("euroc_v101_stereo_imu_sqlite3", "kitchen_rgbd_mcap", "tum_fr2_desk_8f.bag", "tum_fr2_desk_mcap")
EUROC_POSE = [0.11007414, -0.00015661, 0.00088938, 0.00704531, -0.00017985, 0.00115733, 0.9999745]


def replay(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, "replay", *map(str, arguments)]
    variables = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    return subprocess.run(command, capture_output=True, text=True, env=variables, cwd="/", check=False)


def parameter_file(folder: Path, **nodes: dict[str, object]) -> Path:
    path = folder / "parameters.yaml"
    path.write_text(str({f"/{node}": {"ros__parameters": values} for node, values in nodes.items()}))
    return path


def counts(path: Path) -> dict[str, int]:
    with BagReader(path) as bag:
        return {topic: sum(one.msgcount for one in bag.connections([topic])) for topic in bag.all_topics()}


def differences(first: Path, second: Path, **tolerances: float) -> list[str]:
    with BagReader(first) as one, BagReader(second) as other:
        return [f"{found.topic} {found.number}: {found.text}" for found in compare_bags(one, other, tolerances)]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory, weights):
    """A bag of one camera, what became of it, and the parameters."""
    folder = tmp_path_factory.mktemp("replay")
    bag = write_messages_bag(folder / "bag", camera_messages())
    parameters = parameter_file(folder, frontend={"weights": str(weights)})
    done = replay(bag, "--output", folder / "first", "--params", parameters)
    assert done.returncode == 0, done.stderr
    return bag, folder / "first", parameters


def test_live_every_frame_equals_offline(replayed, probe, start_node, tmp_path):
    start_node({"policy": "every_frame", "cameras.names": "[left]", "overlay": False})
    collected = {
        f"/frontend/left/{name}": probe.collect(kind, f"/frontend/left/{name}")
        for name, kind in (("features", Features), ("tracks", Tracks))
    }
    sent = camera_messages()
    publishers = {
        topic: probe.publisher(kind, topic)
        for topic, kind in (("/left/image_raw", Image), ("/left/camera_info", CameraInfo))
    }
    publishers["/left/camera_info"].publish(sent[1][1])
    probe.meet("frontend")
    for topic, message in sent:
        publishers[topic].publish(message)
    probe.spin_until(lambda: all(len(one) == 4 for one in collected.values()), "the answers to all images")
    live = write_messages_bag(
        tmp_path / "live",
        sorted(((topic, one) for topic, all_ in collected.items() for one in all_), key=lambda x: milliseconds(x[1])),
    )
    assert counts(live) == counts(replayed[1]) == {"/frontend/left/features": 4, "/frontend/left/tracks": 4}
    near = dict.fromkeys(("x", "y", "previous_x", "previous_y", "score", "distance", "mean_distance"), 1e-4)
    assert differences(live, replayed[1], descriptors=1, **near) == []


def test_one_changed_keypoint_is_found(replayed, tmp_path):
    with BagReader(replayed[1]) as bag:
        messages = list(bag.messages(bag.all_topics()))
        kinds = {"features": Features, "tracks": Tracks}
        read = [(one.topic, deserialize_message(one.data, kinds[one.topic.split("/")[-1]])) for one in messages]
    changed = next(message for topic, message in read if topic.endswith("features"))
    changed.x[3] += 0.25
    found = differences(replayed[1], write_messages_bag(tmp_path / "changed", read))
    assert len(found) == 1
    assert found[0].startswith("/frontend/left/features 0: x: 1 of")


def test_a_complete_output_is_skipped_and_one_of_other_settings_is_not(replayed, tmp_path):
    bag, first, parameters = replayed
    before = (first / "first.mcap").read_bytes()
    done = replay(bag, "--output", first, "--params", parameters)
    assert (done.returncode, "skipped" in done.stdout) == (0, True), done.stderr
    assert (first / "first.mcap").read_bytes() == before
    copy = tmp_path / "first"
    for options in ([], ["--keep-inputs"]):
        done = replay(bag, "--output", copy, "--params", parameters, *options)
        assert (done.returncode, "skipped" in done.stdout) == (0, False), done.stderr
    assert counts(copy)["/left/image_raw"] == 4


@pytest.fixture
def named_files(tmp_path):
    """Parameters that name files, and these by name."""
    files = {name: tmp_path / name for name in ("own.yaml", "own.safetensors", "int8.safetensors", "mask.png", "d3")}
    for path in files.values():
        path.write_text("first")
    files["own.yaml"].write_text("file: own.safetensors\nquantization: int8.safetensors\n")
    frontend = {"model": str(files["own.yaml"]), "cameras.names": ["a"], "cameras.a.mask": str(files["mask.png"])}
    return {"frontend": frontend, "densify": {"weights": str(files["d3"])}}, files


@pytest.mark.parametrize("changed", ["own.yaml", "own.safetensors", "int8.safetensors", "mask.png", "d3"])
def test_settings_are_others_where_a_file_that_they_name_has_changed(changed, named_files, tmp_path):
    plan, files = named_files
    before = settings_digest(tmp_path / "bag", plan, ReplayOptions())
    text = files[changed].read_text()
    files[changed].write_text(f"{text} \n")
    assert settings_digest(tmp_path / "bag", plan, ReplayOptions()) != before
    files[changed].write_text(text)
    assert settings_digest(tmp_path / "bag", plan, ReplayOptions()) == before


def test_two_cameras_are_triangulated_and_made_dense(tmp_path, weights, d3):
    bag = write_messages_bag(tmp_path / "bag", camera_messages(2, ("left", "right")))
    nodes = {"frontend": {"weights": str(weights)}, "densify": {"weights": str(d3), "on_empty_input": "empty"}}
    done = replay(bag, "--output", tmp_path / "out", "--params", parameter_file(tmp_path, **nodes))
    assert done.returncode == 0, done.stderr
    found = counts(tmp_path / "out")
    assert {found[topic] for topic in ("/triangulate/matches", "/triangulate/sparse_depth", "/densify/depth")} == {2}


def test_a_message_cut_short_is_left_out_and_said_and_ros_1_is_read(tmp_path, weights):
    bag = write_images_bag(tmp_path / "cut.bag", "ros1", cut={1: 50})
    parameters = parameter_file(tmp_path, frontend={"weights": str(weights)})
    done = replay(bag, "--output", tmp_path / "out", "--params", parameters, "--keep-inputs")
    assert done.returncode == 1
    assert "/camera/image_raw: 50 bytes are no sensor_msgs/msg/Image; left out" in done.stderr
    assert counts(tmp_path / "out")["/frontend/camera/tracks"] == 2
    with BagReader(tmp_path / "out") as written:
        first = next(iter(written.messages(["/camera/image_raw"]))).content
    np.testing.assert_array_equal(first.data, picture(0).ravel())
    assert (first.header.stamp.sec, first.header.frame_id) == (5, "optical")


def test_many_bags_in_jobs_and_one_that_cannot_be_read(tmp_path, weights):
    bags = [write_messages_bag(tmp_path / name, camera_messages(1)) for name in ("a", "b")]
    (tmp_path / "c.bag").write_bytes(b"no bag")
    parameters = parameter_file(tmp_path, frontend={"weights": str(weights)})
    arguments = [*bags, tmp_path / "c.bag", "--output", tmp_path / "out", "--params", parameters, "--jobs", "2"]
    done = replay(*arguments)
    assert done.returncode == 1
    assert "c.bag" in done.stderr
    assert "Traceback" not in done.stderr
    assert [counts(tmp_path / "out" / name)["/frontend/left/tracks"] for name in ("a", "b")] == [1, 1]


def test_a_topic_that_is_not_there_is_named(tmp_path):
    bag = write_messages_bag(tmp_path / "bag", camera_messages(1))
    parameters = parameter_file(tmp_path, frontend={"cameras.names": ["front"]})
    done = replay(bag, "--output", tmp_path / "out", "--params", parameters)
    assert done.returncode == 2
    assert "has no topic /front/image_raw; there are /left/camera_info, /left/image_raw" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_misspelled_parameter_is_refused_with_the_one_it_resembles(tmp_path):
    bag = write_messages_bag(tmp_path / "bag", camera_messages(1))
    done = replay(bag, "--output", tmp_path / "out", "--params", parameter_file(tmp_path, frontend={"max_keypoint": 9}))
    assert done.returncode == 2
    assert "no parameter of frontend: max_keypoint (did you mean max_keypoints?)" in done.stderr
    assert not (tmp_path / "out").exists()


def test_processes_share_the_bags():
    tasks = [(Path(name), Path(name)) for name in "abcde"]
    shares = [own_share(tasks, {"SLURM_PROCID": str(rank), "SLURM_NTASKS": "2"}) for rank in (0, 1)]
    assert sorted(shares[0] + shares[1]) == tasks
    assert own_share(tasks, {}) == tasks
    with pytest.raises(ParameterError, match="RANK=2, WORLD_SIZE=2"):
        own_share(tasks, {"RANK": "2", "WORLD_SIZE": "2"})


def test_outputs_of_one_name_or_in_place_of_the_input_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="two bags are named 'a'"):
        outputs([tmp_path / "x" / "a", tmp_path / "y" / "a"], tmp_path)
    with pytest.raises(ParameterError, match="would replace"):
        outputs([tmp_path / "a"], tmp_path / "a")


@pytest.mark.parametrize("name", SHARED_BAGS)
def test_two_replays_of_a_bag_are_byte_identical(name, tmp_path, weights, d3):
    bag = shared_data(f"bags/{name}")
    nodes = {
        "frontend": {"weights": str(weights), "scales": [0.25]},
        "triangulate": {"T_left_right": EUROC_POSE},
        "densify": {"weights": str(d3), "max_image_size": 128},
    }
    parameters = parameter_file(tmp_path, **nodes)
    written = []
    for number in (1, 2):
        output = tmp_path / str(number) / "out"
        done = replay(bag, "--output", output, "--params", parameters, "--keep-inputs")
        assert done.returncode == 0, done.stderr
        written.append({path.name: path.read_bytes() for path in output.iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"out.mcap", "metadata.yaml"}
