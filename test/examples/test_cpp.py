"""The C++ reader, compiled, on serialized messages; the C++ node over real DDS, where rclcpp is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.ros_probe import header
from rclpy.serialization import serialize_message

from superpoint_ros.core.types import Features, Tracks
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.messages.features import features_to_message, message_to_features, tracks_to_message
from superpoint_ros.ros.messages.stamps import time_message

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "cpp"
PREFIXES = [Path(prefix) for prefix in os.environ["AMENT_PREFIX_PATH"].split(os.pathsep)]
LIBRARIES = os.pathsep.join([*(str(prefix / "lib") for prefix in PREFIXES), os.environ.get("LD_LIBRARY_PATH", "")])
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
LARGE_ID = 2**53 + 1  # no double holds it

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ on this machine")


def run(*command: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LD_LIBRARY_PATH": LIBRARIES}
    words = [str(word) for word in command]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiles the reader with a program that prints what it reads."""
    program = tmp_path_factory.mktemp("cpp") / "print_messages"
    source = Path(__file__).parent / "cpp" / "print_messages.cpp"
    folders = [one for prefix in PREFIXES for one in (prefix / "include", *(prefix / "include").glob("*/"))]
    included = [word for folder in folders for word in ("-isystem", folder)] + ["-I", EXAMPLE]
    linked = [f"-L{prefix / 'lib'}" for prefix in PREFIXES]
    linked += ["-lsuperpoint_ros__rosidl_typesupport_fastrtps_cpp", "-lfastcdr", "-Wl,--allow-shlib-undefined"]
    compiled = run("g++", "-std=c++17", *WARNINGS, *included, source, "-o", program, *linked)
    assert compiled.returncode == 0, compiled.stderr
    return program


def written(folder: Path, *messages: Any) -> list[Path]:
    paths = [folder / f"{number}.cdr" for number in range(len(messages))]
    for path, message in zip(paths, messages, strict=True):
        path.write_bytes(serialize_message(message))
    return paths


def features_message(count: int, descriptor_type: str = "float32") -> FeaturesMessage:
    rng = np.random.default_rng(count)
    descriptors = rng.normal(size=(count, 256)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    xy = rng.uniform(0, 640, (count, 2)).astype(np.float32)
    features = Features(xy, rng.random(count, np.float32), descriptors, (480, 640))
    track_id = np.arange(LARGE_ID, LARGE_ID + count)
    track_id[count // 2 :] = -1
    return features_to_message(features, header(1500), "camera", track_id, descriptor_type=descriptor_type)


def tracks_message(
    milliseconds: int, xy: dict[int, tuple[float, float]], *, epoch: int = 0, lost: tuple[int, ...] = ()
):
    count = len(xy)
    nan = np.full(count, np.nan, np.float32)
    tracks = Tracks(
        epoch, np.array(list(xy), np.int64), np.ones(count, np.int32), np.float32(list(xy.values())).reshape(-1, 2),
        np.full((count, 2), np.nan, np.float32), nan, nan, np.zeros(count, np.uint8), np.array(lost, np.int64),
    )  # fmt: skip
    return tracks_to_message(tracks, header(milliseconds), "camera", time_message(0))


@pytest.mark.parametrize("descriptor_type", ["float32", "float16", "int8"])
@pytest.mark.parametrize("count", [0, 7])
def test_features_are_read_as_in_python(reader, tmp_path, count, descriptor_type):
    message = features_message(count, descriptor_type)
    printed = run(reader, "features", *written(tmp_path, message))
    assert printed.returncode == 0, printed.stderr
    content = json.loads(printed.stdout)
    expected = message_to_features(message)
    keypoints = np.array(content["keypoints"], object).reshape(count, 4)
    np.testing.assert_array_equal(keypoints[:, :2].astype(np.float32), expected.xy)
    np.testing.assert_array_equal(keypoints[:, 2].astype(np.float32), expected.score)
    assert list(keypoints[:, 3]) == list(message.track_id)
    descriptors = np.float32(content["descriptors"]).reshape(expected.descriptors.shape)
    np.testing.assert_array_equal(descriptors, expected.descriptors)


def test_every_half_precision_value_that_is_finite_is_read_exactly(reader, tmp_path):
    values = np.arange(2**16, dtype=np.uint16).view(np.float16)
    values = values[np.isfinite(values)].reshape(-1, 256)
    message = features_message(len(values), "float16")
    message.descriptors = values.tobytes()
    printed = run(reader, "features", *written(tmp_path, message))
    descriptors = np.float32(json.loads(printed.stdout)["descriptors"]).reshape(values.shape)
    np.testing.assert_array_equal(descriptors, values.astype(np.float32))


def test_messages_that_are_not_whole_are_refused(reader, tmp_path):
    short, unequal, unknown = (features_message(3) for _ in range(3))
    short.descriptors = short.descriptors[:-1]
    unequal.score = unequal.score[:-1]
    unknown.descriptor_type = 3
    tracks = tracks_message(100, {1: (2, 3)})
    tracks.y = tracks.y[:-1]
    for kind, message, text in (
        ("features", short, "3071 bytes of descriptors, not 3072"),
        ("features", unequal, "x, y, score and track_id differ in length"),
        ("features", unknown, "unknown descriptor_type 3"),
        ("tracks", tracks, "id, x and y differ in length"),
    ):
        refused = run(reader, kind, *written(tmp_path, message))
        assert (refused.returncode, text in refused.stderr) == (1, True), refused.stderr


def test_the_history_of_tracks_ends_with_a_lost_id_and_with_an_epoch(reader, tmp_path):
    sequence = [
        tracks_message(100, {1: (10, 20), LARGE_ID: (1.5, 2.25)}),
        tracks_message(200, {1: (11, 21), 2: (5, 6)}, lost=(LARGE_ID,)),
        tracks_message(300, {2: (7, 8)}),
    ]
    once = [[1, 100, 10, 20], [1, 200, 11, 21], [2, 200, 5, 6], [2, 300, 7, 8]]
    after_reset = [*sequence, tracks_message(400, {1: (30, 40)}, epoch=1)]
    for messages, expected in ((sequence, once), (after_reset, [[1, 400, 30, 40]])):
        printed = run(reader, "tracks", *written(tmp_path, *messages))
        assert printed.returncode == 0, printed.stderr
        milliseconds = [[id, stamp // 1_000_000, x, y] for id, stamp, x, y in json.loads(printed.stdout)]
        assert milliseconds == expected


@pytest.mark.skipif(
    not any((prefix / "share" / "rclcpp" / "cmake").is_dir() for prefix in PREFIXES),
    reason="rclcpp comes with a ROS 2 distribution; PyPI has none",
)
def test_the_node_listens(probe, tmp_path):
    paths = ";".join(map(str, PREFIXES))
    for words in (("-S", EXAMPLE, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={paths}"), ("--build", tmp_path)):
        built = run("cmake", *words)
        assert built.returncode == 0, built.stdout + built.stderr
    log = tmp_path / "node.log"
    with log.open("w") as output:
        node = subprocess.Popen(
            [tmp_path / "feature_listener"], stderr=output, env=os.environ | {"LD_LIBRARY_PATH": LIBRARIES}
        )
    try:
        broken = features_message(3)
        broken.descriptors = broken.descriptors[:-1]
        features, tracks = probe.publisher(FeaturesMessage, "/features"), probe.publisher(TracksMessage, "/tracks")
        for message in (features_message(5, "int8"), broken):
            features.publish(message)
        tracks.publish(tracks_message(100, {1: (10, 20), 2: (1.5, 2.25)}))
        expected = (
            "5 keypoints, 1280 descriptor values", f"track {LARGE_ID}", "3071 bytes of descriptors, not 3072",
            "2 tracks in the image, 2 alive",
        )  # fmt: skip
        probe.spin_until(lambda: all(text in log.read_text() for text in expected), f"{expected} in the log")
    finally:
        node.terminate()
        assert node.wait(timeout=20) == 0, log.read_text()
