import subprocess
import sys
from importlib.util import find_spec

import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_weights_file

from superpoint_ros.cli.main import main

COMMAND = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"


@pytest.fixture
def words(tmp_path):
    return ["track", "--weights", str(seeded_weights_file(tmp_path)), "--output", str(tmp_path / "out")]


def moving_squares(folder, count=4):
    folder.mkdir()
    texture = np.kron(np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8), np.ones((8, 8), np.uint8))
    for number in range(count):
        cv2.imwrite(
            str(folder / f"{number}.png"), texture[8 * number : 8 * number + 120, 8 * number : 8 * number + 160]
        )
    return folder


def test_a_folder_of_images(words, tmp_path, capsys):
    images = moving_squares(tmp_path / "images")
    assert main([*words, "--images", str(images), "--max-keypoints", "50"]) == 0
    out = capsys.readouterr().out
    assert f"images of {images}" in out
    assert "ms per frame, network" in out
    with np.load(tmp_path / "out" / "tracks.npz") as columns:
        ids, ages = columns["id"], columns["age"]
        moves = np.concatenate([np.diff(columns["x"][ids == i]) for i in np.unique(ids[ages == 4])])
    assert len(moves) >= 30
    assert (moves == -8).mean() > 0.8
    assert (tmp_path / "out" / "overlay.mp4").is_file() == bool(find_spec("av"))
    assert cv2.imread(str(tmp_path / "out" / "contact_sheet.png")) is not None


def test_the_rendered_room_is_judged_by_its_truth(words, tmp_path, capsys):
    assert main([*words, "--frames", "3", "--max-image-size", "80", "--format", "csv"]) == 0
    assert "follow the scene" in capsys.readouterr().out
    assert (tmp_path / "out" / "tracks.csv").read_text().startswith("frame,stamp,epoch,id,age")


def test_scales_change_the_tracks(words, tmp_path):
    images = moving_squares(tmp_path / "images", 2)
    columns = {}
    for name, extra in (("one", []), ("same", ["--scales", "1"]), ("two", ["--scales", "1", "0.5"])):
        assert main([*words, "--images", str(images), "--output", str(tmp_path / name), *extra]) == 0
        with np.load(tmp_path / name / "tracks.npz") as file:
            columns[name] = file["x"]
    np.testing.assert_array_equal(columns["one"], columns["same"])
    assert (columns["one"] % 1 == 0).all()
    assert (columns["two"] % 1 != 0).any()


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (["--images", "absent"], "--images absent: no such folder"),
        (["--scales", "1", "1"], "scales=[1.0, 1.0] must be different numbers"),
        (["--weights", "absent.pth"], "absent.pth"),
        (["--device", "cuda:77"], "cuda"),
    ],
)
def test_errors_are_one_line(words, extra, text, capsys):
    assert main([*words, *extra]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert "Traceback" not in error


def test_an_output_that_is_a_file(words, tmp_path, capsys):
    (tmp_path / "out").write_text("")
    assert main([*words, "--images", str(moving_squares(tmp_path / "images"))]) == 2
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "refusal"),
    [
        (["--max-keypoints", "-4"], "--max-keypoints: -4 is not between 1 and 20000, or 0 = the largest, 20000"),
        (["--detection-threshold", "3"], "--detection-threshold: 3 is not between 0 and 1, or -1 = the model's own"),
        (["--scales", "1", "9"], "--scales: 9 is not between 0.01 and 4"),
        (["--max-descriptor-distance", "0"], "--max-descriptor-distance: 0 is not between 0.01 and 2"),
    ],
)
def test_a_bad_value_is_refused_before_anything_heavy_is_loaded(extra, refusal):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", COMMAND, "track", *extra], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert f"error: argument {refusal}" in done.stderr
    assert not any(line.endswith((" torch", " scipy")) for line in done.stderr.splitlines())
