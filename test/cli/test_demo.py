"""The demo command in a process of its own: it sets up ROS for the whole process."""

import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_d3_file, seeded_weights_file
from helpers.shared_data import shared_data

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
from rosbags.highlevel import AnyReader

COMMAND = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"
# What a script starts with `&` ignores SIGINT from the beginning.
IN_BACKGROUND = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " + COMMAND
TOPICS = {"/camera/image_raw", "/frontend/camera/features", "/frontend/camera/tracks"}


@pytest.fixture
def demo(tmp_path):
    weights = seeded_weights_file(tmp_path)

    def run(*words):
        command = [sys.executable, "-c", COMMAND, "demo", "--output", "out", "--weights", str(weights), *words]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    return run


def table(text):
    lines = (line.strip().split("   ", 1) for line in text.splitlines() if "   " in line.strip())
    return {name: value.strip() for name, value in lines}


def test_a_real_sequence_comes_out_whole(demo, tmp_path):
    images = shared_data("sequences/tum_fr2_desk") / "images"
    done = demo("--images", str(images), "--max-image-size", "160", "--max-keypoints", "100", "--frames", "12")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = table(done.stdout)
    assert (rows["frames in"], rows["frames out"]) == ("12", "12")
    assert rows["drops"] == "0 dropped, 0 lost, 0 skipped"
    assert {"keypoints per frame", "tracks per frame", "mean track age", "ms per frame, network"} <= set(rows)
    with AnyReader([tmp_path / "out" / "bag"]) as reader:
        assert {connection.topic: connection.msgcount for connection in reader.connections} == dict.fromkeys(TOPICS, 12)
        stamps = {topic: [] for topic in TOPICS}
        for connection, _, data in reader.messages():
            stamp = reader.deserialize(data, connection.msgtype).header.stamp
            stamps[connection.topic].append((stamp.sec, stamp.nanosec))
    assert len(set(map(tuple, stamps.values()))) == 1
    assert "no dense depth: depth at the keypoints is known for the rendered room only" in done.stdout
    capture = cv2.VideoCapture(str(tmp_path / "out" / "overlay.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert cv2.imread(str(tmp_path / "out" / "contact_sheet.png")) is not None


def test_the_rendered_room_is_judged_by_its_truth(demo, tmp_path):
    done = demo("--max-image-size", "96", "--frames", "4", "--depth-weights", str(seeded_d3_file(tmp_path)))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = table(done.stdout)
    assert rows["frames out"] == "4"
    assert "follow the scene since first seen" in rows
    assert (rows["depth: frames in"], rows["depth: frames out"]) == ("2", "2")
    assert rows["depth: drops"] == "0 dropped, 0 lost, 0 skipped, 0 without partner"
    assert float(rows["depth: samples per frame"]) > 0
    for name in ("error", "error of the most confident half", "error of the nearest sample's depth"):
        assert rows[f"depth: mean relative {name}"].endswith(" %")
    assert "depth: ms per frame, network" in rows
    capture = cv2.VideoCapture(str(tmp_path / "out" / "dense_depth.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 2
    assert capture.read()[1].shape == (72, 4 * 96, 3)
    assert cv2.imread(str(tmp_path / "out" / "dense_depth_sheet.png")).shape[0] == 2 * 78 + 6


def test_an_empty_source_ends_the_demo_in_words(demo, tmp_path):
    (tmp_path / "images").mkdir()
    done = demo("--images", "images")
    assert done.returncode == 2
    assert "--images images: no file in it" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("state", ["rendering", "starting the node", "playing", "playing in the background"])
def test_the_demo_stops_at_once_and_quietly_and_leaves_a_whole_bag(state, number, tmp_path):
    weights = seeded_weights_file(tmp_path)
    words = ["--output", "out", "--weights", str(weights), "--max-image-size", "320", "--frames", "200"]
    command, state = (COMMAND, state) if state != "playing in the background" else (IN_BACKGROUND, "playing")
    if state != "rendering":
        write_frames(tmp_path / "frames", 200)
        words += ["--images", "frames"]
    with subprocess.Popen(
        [sys.executable, "-c", command, "demo", *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, text=True,
    ) as demo:  # fmt: skip
        bag, log = tmp_path / "out" / ".bag.partial", tmp_path / "out" / "frontend.log"
        wait_for(
            {"rendering": lambda: True, "starting the node": log.exists, "playing": lambda: is_playing(bag, log)}[state]
        )
        time.sleep(3.0 if state == "playing" else 4.5)
        begin = time.monotonic()
        demo.send_signal(number)
        _, errors = demo.communicate(timeout=20)
    assert time.monotonic() - begin < 8.0, errors  # 2 s where nothing else runs
    assert demo.returncode == 0, errors
    assert "Traceback" not in errors
    if state == "playing":
        with AnyReader([tmp_path / "out" / "bag"]) as reader:
            assert reader.message_count > 0
        assert not bag.exists()


def is_playing(bag, log):
    return bag.exists() and "ready: " in log.read_text()


def write_frames(folder, count):
    folder.mkdir()
    image = np.random.default_rng(0).integers(0, 256, (240, 320), np.uint8)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), image)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
