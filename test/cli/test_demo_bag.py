"""The demo on bags as they are, over real DDS: what the nodes answer is what a replay without ROS gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_d3_file, seeded_weights_file
from helpers.shared_data import shared_data

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
from helpers.bags import write_images_bag, write_messages_bag
from helpers.camera_messages import SIZE, camera_messages

from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.comparison import compare_bags

MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("networks")
    return {"frontend": seeded_weights_file(folder), "densify": seeded_d3_file(folder)}


def command(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    called = [sys.executable, "-c", MAIN, *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(called, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False)


def demo(folder: Path, networks: dict[str, Path], bag: Path, *words: object) -> subprocess.CompletedProcess[str]:
    weights = "--weights", networks["frontend"], "--depth-weights", networks["densify"]
    return command(folder, "demo", "--bag", bag, "--output", folder / "out", *weights, *words)


def replayed(folder: Path, networks: dict[str, Path], bag: Path, **frontend: object) -> Path:
    """Replay a bag without ROS, with the parameters that the demo has by default."""
    values = {"frontend": {"max_keypoints": 500, "max_image_size": 640, **frontend}, "densify": {}}
    path = folder / "parameters.yaml"
    nodes = {f"/{name}": {"ros__parameters": {**one, "weights": str(networks[name])}} for name, one in values.items()}
    path.write_text(str(nodes))
    done = command(folder, "replay", bag, "--output", folder / "replayed", "--params", path)
    assert done.returncode == 0, done.stderr
    return folder / "replayed"


def contents(bag: Path) -> dict[str, list[bytes]]:
    with BagReader(bag) as reader:
        return {topic: [one.data for one in reader.messages([topic])] for topic in reader.all_topics()}


def differences(first: Path, second: Path, topics: set[str]) -> list[str]:
    with BagReader(first) as one, BagReader(second) as other:
        return [f"{found.topic}: {found.text}" for found in compare_bags(one, other) if found.topic in topics]


def test_two_cameras_go_to_all_three_nodes_on_their_own_topics(tmp_path, networks):
    bag = write_messages_bag(tmp_path / "bag", camera_messages(4, ("left", "right")))
    done = demo(tmp_path, networks, bag)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "frontend, triangulate, densify" in done.stdout
    sent, recorded = contents(bag), contents(tmp_path / "out" / "bag")
    assert {topic: recorded[topic] for topic in sent} == sent
    answers = {f"/frontend/{side}/{name}" for side in ("left", "right") for name in ("features", "tracks")}
    answers |= {f"/triangulate/{name}" for name in ("matches", "sparse_depth", "camera_info")}
    answers |= {f"/densify/{name}" for name in ("depth", "confidence", "camera_info")}
    assert recorded.keys() == sent.keys() | answers
    assert [len(recorded[topic]) for topic in sorted(answers)] == [4] * 10
    assert differences(tmp_path / "out" / "bag", replayed(tmp_path, networks, bag), answers) == []
    sheet = cv2.imread(str(tmp_path / "out" / "contact_sheet.png"))
    assert sheet.std(axis=(0, 1)).min() > 10
    assert cv2.VideoCapture(str(tmp_path / "out" / "overlay.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 4
    for row in ("left: frames out", "right: frames out", "triangulate: frames out", "densify: frames out"):
        assert any(line.split()[:3] + [line.split()[-1]] == [*row.split(), "4"] for line in done.stdout.splitlines())


def test_one_camera_of_several_and_its_first_images(tmp_path, networks):
    bag = write_messages_bag(tmp_path / "bag", camera_messages(4, ("left", "right")))
    done = demo(tmp_path, networks, bag, "--topic", "/right/image_raw", "--frames", "2", "--max-keypoints", "50")
    assert done.returncode == 0, done.stdout + done.stderr
    recorded = contents(tmp_path / "out" / "bag")
    answers = {"/frontend/right/features", "/frontend/right/tracks"}
    assert recorded.keys() == answers | {"/right/image_raw", "/right/camera_info"}
    assert [len(recorded[topic]) for topic in sorted(answers)] == [2, 2]
    with BagReader(tmp_path / "out" / "bag") as reader:
        features = [one.content for one in reader.messages(["/frontend/right/features"])]
    assert [(len(one.x), one.camera, one.height, one.width) for one in features] == [(50, "right", *SIZE)] * 2


def test_an_image_that_cannot_be_used_is_said_and_holds_nothing_up(tmp_path, networks):
    bag = write_images_bag(tmp_path / "bag", "MCAP", fields={"data": np.zeros(96, np.uint8)})
    done = demo(tmp_path, networks, bag)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "frontend /camera/image_raw: 3 skipped: " in done.stderr
    assert contents(tmp_path / "out" / "bag").keys() == {"/camera/image_raw"}


def test_damaged_bytes_are_left_out_and_said(tmp_path, networks):
    done = demo(tmp_path, networks, write_images_bag(tmp_path / "bag", "SQLITE3", cut={1: 40}))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "/camera/image_raw: 40 bytes of sensor_msgs/msg/Image are no Image; left out" in done.stderr
    recorded = contents(tmp_path / "out" / "bag")
    assert {topic: len(messages) for topic, messages in recorded.items()} == {
        "/camera/image_raw": 2, "/frontend/camera/features": 2, "/frontend/camera/tracks": 2,
    }  # fmt: skip


def test_a_real_bag_of_ros_1(tmp_path, networks):
    bag = shared_data("bags/tum_fr2_desk_8f.bag")
    done = demo(tmp_path, networks, bag, "--max-image-size", "160", "--max-keypoints", "100")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = replayed(tmp_path, networks, bag, max_image_size=160, max_keypoints=100)
    answers = set(contents(expected))
    assert len(answers) == 2
    assert differences(tmp_path / "out" / "bag", expected, answers) == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--topic", "/nothing"], "has no image topic /nothing; there are /camera/image_raw"),
        (["--frames", "0"], "--frames 0: must be at least 1"),
        (["--params", "absent.yaml"], "absent.yaml"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_line(tmp_path, networks, words, text):
    done = demo(tmp_path, networks, write_images_bag(tmp_path / "bag", "MCAP"), *words)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_and_all_nodes_and_leaves_a_whole_bag(tmp_path, networks, number):
    bag = write_messages_bag(tmp_path / "bag", camera_messages(300, ("left", "right")))
    words = "--bag", str(bag), "--output", str(tmp_path / "out"), "--weights", str(networks["frontend"])
    started = [sys.executable, "-c", MAIN, "demo", *words, "--depth-weights", str(networks["densify"])]
    with subprocess.Popen(started, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        recorded = tmp_path / "out" / ".bag.partial" / "bag" / "bag.mcap"
        deadline = time.monotonic() + 200
        while not recorded.exists() or recorded.stat().st_size < 500_000:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    counts = {topic: len(messages) for topic, messages in contents(tmp_path / "out" / "bag").items()}
    assert 0 < counts["/left/image_raw"] < 300
    assert counts["/frontend/left/tracks"] > 0


def test_parameters_apply_to_bags_only(tmp_path):
    done = command(tmp_path, "demo", "--params", "some.yaml")
    assert (done.returncode, "--params some.yaml applies to --bag only" in done.stderr) == (2, True), done.stderr
