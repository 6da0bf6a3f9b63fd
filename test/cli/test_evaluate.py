import argparse
import json
from pathlib import Path

import pytest
from helpers.seeded import seeded_weights_file
from helpers.shared_data import shared_data

from superpoint_ros.cli.evaluate import image_size
from superpoint_ros.cli.main import main


@pytest.mark.parametrize(("text", "expected"), [("240x320", (240, 320)), ("640", 640), ("original", None)])
def test_sizes(text: str, expected):
    assert image_size(text) == expected


@pytest.mark.parametrize("text", ["big", "3", "1x2x3", "x", "-640"])
def test_sizes_that_are_none(text: str):
    with pytest.raises(argparse.ArgumentTypeError, match="HEIGHTxWIDTH"):
        image_size(text)


def evaluate(output: Path, *words: str) -> dict:
    assert main(["evaluate", *words, "--output", str(output)]) == 0
    return json.loads((output / "report.json").read_text())


def test_homography_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture):
    data = str(shared_data("homography/i_uk_01"))
    words = [
        "homography",
        "--data",
        data,
        "--detectors",
        "orb",
        "--preset",
        "paper",
        "--max-keypoints",
        "200",
        "--nms-radius",
        "8",
    ]
    content = evaluate(tmp_path, *words, "--ransac-threshold", "2", "--ransac-runs", "3", "--seed", "5")
    printed = capsys.readouterr().out
    assert "| detector | H@1" in printed
    assert str(tmp_path) in printed
    choices = content["choices"]
    assert (choices["detection_size"], choices["matching_size"]) == ([240, 320], [480, 640])
    assert (choices["detector"]["max_keypoints"], choices["detector"]["nms_radius"]) == (200, 8)
    assert choices["detector"]["seed"] == 5
    assert (choices["ransac"]["ransac_threshold"], choices["ransac_runs"]) == (2.0, 3)


def test_size_overrides_the_preset(tmp_path: Path):
    data = str(shared_data("homography/i_uk_01"))
    words = ["homography", "--data", data, "--detectors", "orb", "--image-size", "original"]
    choices = evaluate(tmp_path, *words)["choices"]
    assert choices["detection_size"] is choices["matching_size"] is None


def test_scales_are_those_of_superpoint_alone(tmp_path: Path):
    detector = f"superpoint:{seeded_weights_file(tmp_path)}"
    words = ["--images", "1", "--detectors", detector, "fast", "--max-keypoints", "20"]
    content = evaluate(tmp_path / "a", "synthetic", *words, "--scales", "1", "0.5")
    assert content["choices"]["detector"]["scales"] == [1.0, 0.5]
    assert content["detectors"][detector]["scales"] == [1.0, 0.5]
    assert "scales" not in content["detectors"]["fast"]
    default = evaluate(tmp_path / "b", "synthetic", *words)
    assert default["detectors"][detector]["scales"] == [1.0]
    assert default["detectors"]["fast"] == content["detectors"]["fast"]
    superpoint, fast = ([one["summary"][row] for one in (content, default)] for row in (0, 1))
    assert superpoint[0] != superpoint[1]
    assert fast[0] == fast[1]


def test_scales_must_differ(tmp_path: Path, capsys: pytest.CaptureFixture):
    words = ["evaluate", "synthetic", "--detectors", "superpoint", "--scales", "1", "1", "--output", str(tmp_path)]
    assert main(words) == 2
    assert "scales=[1.0, 1.0] must be different numbers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["synthetic", "--scales", "1", "0"], "argument --scales: 0 is not between 0.01 and 4"),
        (["homography", "--data", "x", "--max-keypoints", "-4"], "argument --max-keypoints: -4 is not between 1 and"),
        (["pose", "--data", "x", "--frame-gaps", "0"], "argument --frame-gaps: 0 is not between 1 and"),
        (["depth", "--data", "x", "--pattern", "spiral"], "argument --pattern: spiral is not one of 'uniform', 'grid'"),
        (["depth", "--data", "x", "--max-image-size", "big"], "argument --max-image-size: 'big' is not of type int"),
        (["homography", "--data", "x", "--draw", "-4"], "argument --draw: -4 is not at least 0"),
        (["tracks", "--draw", "many"], "argument --draw: 'many' is not of type int"),
        (["tracks", "--data", "x", "--frames", "0"], "argument --frames: 0 is not at least 1"),
        (["pose", "--room", "-1"], "argument --room: -1 is not at least 0"),
        (["tracks", "--data", "x", "--nms", "4"], "unrecognized arguments: --nms 4"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(words, refusal, capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", *words])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert refusal in error
    assert f"usage: superpoint-ros evaluate {words[0]}" in error


def test_pose_and_tracks(tmp_path: Path):
    data = str(shared_data("rgbd/aug_icl_livingroom"))
    pose = evaluate(
        tmp_path / "a", "pose", "--data", data, "--detectors", "orb", "--frame-gaps", "2", "--image-size", "320"
    )
    assert (pose["choices"]["frame_gaps"], pose["choices"]["image_size"], pose["choices"]["pairs"]) == ([2], 320, 3)
    words = [
        "tracks",
        "--data",
        data,
        "--detectors",
        "orb",
        "--max-missed-frames",
        "0",
        "--max-descriptor-distance",
        "0.9",
        "--draw",
        "1",
    ]
    tracks = evaluate(tmp_path / "b", *words)
    assert (tracks["choices"]["max_missed_frames"], tracks["choices"]["max_descriptor_distance"]) == (0, 0.9)
    assert tracks["summary"][0]["correct/previous"] > 0.85


def test_synthetic_and_depth(tmp_path: Path):
    synthetic = evaluate(tmp_path / "a", "synthetic", "--images", "1", "--detectors", "fast", "--seed", "3")
    assert (synthetic["choices"]["images"], synthetic["choices"]["detector"]["seed"]) == (1, 3)
    data = str(shared_data("rgbd/tum_fr3_single"))
    words = ["depth", "--data", data, "--methods", "nearest", "--pattern", "grid", "--fractions", "0.001"]
    depth = evaluate(tmp_path / "b", *words)
    assert (depth["choices"]["pattern"], depth["choices"]["fractions"]) == ("grid", [0.001])


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(["evaluate", "pose", "--data", str(tmp_path / "absent")]) == 2
    assert "does not exist; expected a data set" in capsys.readouterr().err


def test_a_missing_extra_is_named_before_anything_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["evaluate", "synthetic"]) == 2
    assert "superpoint_ros[evaluation]" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("evaluate", "synthetic", "--images", "1"), ("odometry",)])
def test_an_output_that_cannot_be_written_is_named_before_anything_runs(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    def never(*arguments):
        raise AssertionError

    monkeypatch.setattr("superpoint_ros.evaluation.synthetic.run.run_synthetic", never)
    monkeypatch.setattr("superpoint_ros.cli.odometry.read_sequence", never)
    (tmp_path / "file").touch()
    assert main([*command, "--output", str(tmp_path / "file")]) == 2
    assert "file: File exists" in capsys.readouterr().err
