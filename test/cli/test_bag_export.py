"""Bags are exported as folders are: the features that a node sent, or images."""

import sqlite3

import cv2
import numpy as np
import pytest
from helpers.bags import write_messages_bag
from helpers.made_up_scenes import texture
from helpers.seeded import seeded_weights_file

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from superpoint_ros.cli.main import main
from superpoint_ros.core.types import Features
from superpoint_ros.ros.messages.features import features_to_message
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.messages.stamps import time_message

SIZE = (160, 200)
IMAGES, FEATURES = "/camera/image_raw", "/frontend/camera/features"


def header(number, frame="optical"):
    return Header(stamp=time_message(5_000_000_000 + 100_000_000 * number), frame_id=frame)


def info(number, frame="optical", focal=180.0):
    matrix = [focal, 0.0, 99.5, 0.0, focal, 79.5, 0.0, 0.0, 1.0]
    return CameraInfo(header=header(number, frame), height=SIZE[0], width=SIZE[1], k=matrix)


def features(seed, shift=0.0):
    rng = np.random.default_rng(0)
    xy = rng.uniform(20, 120, (60, 2)).astype(np.float32) + np.float32([shift, 0])
    descriptors = rng.normal(size=(60, 256)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return Features(xy, np.linspace(1, 0.1, 60, dtype=np.float32), descriptors, SIZE, None)


def features_message(number, weights="a" * 64, **given):
    facts = {"model": "superpoint", "weights_sha256": weights}
    return features_to_message(features(number, 3.0 * number), header(number), "camera", **facts, **given)


@pytest.fixture
def views():
    wall = texture()
    return [wall[8 * n : 8 * n + SIZE[0], 8 * n : 8 * n + SIZE[1]] for n in range(3)]


@pytest.fixture
def export(tmp_path):
    def run(messages, *words, damaged=()):
        bag = write_messages_bag(tmp_path / "bag", messages, damaged)
        return main(["export", "--bag", str(bag), "--output", str(tmp_path / "out"), *words])

    return run


def database(tmp_path):
    return sqlite3.connect(tmp_path / "out" / "database.db")


def cameras(tmp_path):
    rows = database(tmp_path).execute("SELECT model, params FROM cameras").fetchall()
    return [(model, np.frombuffer(params).tolist()) for model, params in rows]


def test_features_are_exported_as_they_were_sent(export, tmp_path, capsys):
    sent = [(FEATURES, features_message(n)) for n in range(3)]
    infos = [("/camera/camera_info", info(0)), ("/other/camera_info", info(0, "other", 90.0))]
    assert export([*infos, *sent], "--format", "colmap", "npz") == 0
    out = capsys.readouterr().out
    assert "superpoint, as recorded" in out
    assert "calibrated images     3" in out
    with np.load(tmp_path / "out" / "features.npz") as columns:
        assert columns["name"].tolist() == [f"000000000{5000 + 100 * n}000000.png" for n in range(3)]
        np.testing.assert_array_equal(columns["xy"][:60], features(0).xy)
        np.testing.assert_array_equal(columns["descriptors"][60:120], features(1).descriptors)
        assert len(columns["match_rows"]) == 3 * 60
    assert cameras(tmp_path) == [(1, [180, 180, 100, 80])]


def test_features_of_rectified_images_have_the_rectified_camera(export, tmp_path):
    calibration = info(0)
    calibration.p = [150.0, 0.0, 100.5, 0.0, 0.0, 150.0, 81.5, 0.0, 0.0, 0.0, 1.0, 0.0]
    calibration.d, calibration.distortion_model = [0.1, 0.0, 0.0, 0.0, 0.0], "plumb_bob"
    assert export([("/camera/camera_info", calibration), (FEATURES, features_message(0, rectified=True))]) == 0
    assert cameras(tmp_path) == [(1, [150, 150, 101, 82])]


def test_two_calibrations_of_one_frame_have_to_be_named(export, tmp_path, capsys):
    infos = [("/a/camera_info", info(0)), ("/b/camera_info", info(0, focal=90.0))]
    messages = [*infos, (FEATURES, features_message(0))]
    assert export(messages) == 0
    assert "calibrated images     0" in capsys.readouterr().out
    assert export(messages, "--camera-info-topic", "/b/camera_info") == 0
    assert cameras(tmp_path) == [(1, [90, 90, 100, 80])]


def test_images_are_written_and_their_features_extracted(export, views, tmp_path, capsys):
    messages = [(IMAGES, array_to_image(view, header(n))) for n, view in enumerate(views)]
    weights = str(seeded_weights_file(tmp_path))
    words = ("--weights", weights, "--max-keypoints", "80", "--frames", "2")
    assert export([("/camera/camera_info", info(0)), *messages], *words) == 0
    assert f"image folder          {tmp_path / 'out' / 'images'}" in capsys.readouterr().out
    names = [name for (name,) in database(tmp_path).execute("SELECT name FROM images ORDER BY image_id")]
    assert names == sorted(path.name for path in (tmp_path / "out" / "images").iterdir())
    for name, view in zip(names, views[:2], strict=True):
        np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out" / "images" / name), 0), view)
    assert cameras(tmp_path) == [(1, [180, 180, 100, 80])]


def test_a_damaged_message_is_left_out_and_said(export, tmp_path, capsys, caplog):
    damaged = features_message(1)
    damaged.x = damaged.x[:-1]
    assert export([(FEATURES, features_message(0)), (FEATURES, damaged)]) == 1
    assert "left out              1" in capsys.readouterr().out
    assert f"{FEATURES}, message 1: 59 x, 60 y and 60 score values" in caplog.text


def test_a_damaged_calibration_gives_way_to_the_next(export, tmp_path):
    infos = [("/camera/camera_info", info(n, focal=focal)) for n, focal in enumerate((90.0, 180.0))]
    assert export([*infos, (FEATURES, features_message(0))], damaged=[0]) == 0
    assert cameras(tmp_path) == [(1, [180, 180, 100, 80])]


def test_a_calibration_that_cannot_be_read_is_said(export, capsys, caplog):
    messages = [("/camera/camera_info", info(0)), (FEATURES, features_message(0))]
    assert export(messages, damaged=[0]) == 1
    assert "calibrated images     0" in capsys.readouterr().out
    assert "/camera/camera_info: no CameraInfo of it can be read" in caplog.text
    assert export(messages, "--camera-info-topic", "/camera/camera_info", damaged=[0]) == 2
    assert "no CameraInfo on /camera/camera_info can be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("topics", "words", "text"),
    [
        ([], (), "has no Features or images; there are /camera/camera_info"),
        (["/a", "/b"], (), "has /a, /b; choose one by --topic"),
        (["/a"], ("--topic", "/c"), "has no Features or images on /c; there are /a"),
        (["/a"], ("--camera-info-topic", "/c"), "has no CameraInfo on /c"),
        (["/a"], ("--data", "images"), "--data and --bag are two sequences"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(export, capsys, topics, words, text):
    messages = [(topic, features_message(0)) for topic in topics] or [("/camera/camera_info", info(0))]
    assert export(messages, *words) == 2
    error = capsys.readouterr().err
    assert text in error
    assert "Traceback" not in error


def test_descriptors_of_two_models_are_refused(export, capsys):
    assert export([(FEATURES, features_message(0)), (FEATURES, features_message(1, "b" * 64))]) == 2
    assert "both need the same weights" in capsys.readouterr().err


def test_the_options_of_a_bag_need_one(tmp_path, capsys):
    assert main(["export", "--topic", "/a", "--output", str(tmp_path)]) == 2
    assert "--topic applies to --bag only" in capsys.readouterr().err
