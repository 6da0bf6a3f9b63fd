import sqlite3

import cv2
import numpy as np
import pytest
from helpers.made_up_scenes import texture
from helpers.seeded import seeded_weights_file

from superpoint_ros.cli.main import main


@pytest.fixture
def words(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    wall = texture()
    for number in range(4):
        cv2.imwrite(
            str(folder / f"view{number}.png"), wall[8 * number : 8 * number + 160, 8 * number : 8 * number + 200]
        )
    weights = str(seeded_weights_file(tmp_path))
    return ["export", "--data", str(folder), "--weights", weights, "--output", str(tmp_path / "out")]


def test_all_formats_hold_the_same(words, tmp_path, capsys):
    h5py = pytest.importorskip("h5py", reason="the extra [evaluation] brings h5py")
    assert main([*words, "--format", "colmap", "hloc", "npz", "--window", "2", "--max-keypoints", "80"]) == 0
    out = capsys.readouterr().out
    assert "pairs with geometry   5" in out
    assert f"image folder          {tmp_path / 'images'}" in out
    with np.load(tmp_path / "out" / "features.npz") as columns:
        xy, image, match_images = columns["xy"], columns["image"], columns["match_images"]
    database = sqlite3.connect(tmp_path / "out" / "database.db")
    with h5py.File(tmp_path / "out" / "features.h5") as file:
        for number, name in database.execute("SELECT image_id, name FROM images"):
            assert name == f"view{number - 1}.png"
            np.testing.assert_array_equal(file[name]["keypoints"], xy[image == number - 1])
    assert database.execute("SELECT count(*), sum(rows) FROM matches").fetchone() == (5, len(match_images))
    lines = (tmp_path / "out" / "pairs.txt").read_text().splitlines()
    assert lines == [f"view{a}.png view{b}.png" for a, b in ((0, 1), (0, 2), (1, 2), (1, 3), (2, 3))]


def test_the_camera_of_the_sequence_is_that_of_the_database(words, tmp_path):
    (tmp_path / "images" / "intrinsics.json").write_text(
        '{"width": 200, "height": 160, "fx": 180, "fy": 181, "cx": 99.5, "cy": 79.5}'
    )
    assert main([*words, "--pairing", "exhaustive"]) == 0
    database = sqlite3.connect(tmp_path / "out" / "database.db")
    ((model, params),) = database.execute("SELECT model, params FROM cameras").fetchall()
    assert (model, np.frombuffer(params).tolist()) == (1, [180, 181, 100, 80])
    assert database.execute("SELECT count(*) FROM two_view_geometries WHERE config = 2").fetchone() == (6,)


def test_a_rendered_room(tmp_path, capsys):
    words = ["export", "--frames", "2", "--max-keypoints", "100", "--output", str(tmp_path)]
    assert main([*words, "--weights", str(seeded_weights_file(tmp_path))]) == 0
    assert "image folder" not in capsys.readouterr().out
    names = sqlite3.connect(tmp_path / "database.db").execute("SELECT name FROM images").fetchall()
    assert names == [("0000.png",), ("0001.png",)]


@pytest.mark.parametrize(
    ("extra", "text"),
    [(["--data", "absent"], "'absent' does not exist"), (["--weights", "absent.pth"], "absent.pth")],
)
def test_errors_are_one_line(words, extra, text, capsys):
    assert main([*words, *extra]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert "Traceback" not in error


def test_intrinsics_of_other_images_are_refused(words, tmp_path, capsys):
    (tmp_path / "images" / "intrinsics.json").write_text(
        '{"width": 640, "height": 200, "fx": 180, "fy": 181, "cx": 99.5, "cy": 79.5}'
    )
    assert main(words) == 2
    assert "frame 'view0': calibration is for images of (height, width) (200, 640)" in capsys.readouterr().err
