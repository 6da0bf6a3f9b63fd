from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.homography_pairs import read_hpatches, read_oxford, read_pairs

SHIFT = "1 0 5\n0 1 -2.5\n0 0 1\n"


def write_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((6, 8, 3), np.uint8))


def make_scene(folder: Path, image_name: str, homography_name: str, count: int = 3) -> None:
    for number in range(1, count + 1):
        write_image(folder / image_name.format(number))
        if number > 1:
            (folder / homography_name.format(number)).write_text(SHIFT)


@pytest.fixture
def hpatches(tmp_path: Path) -> Path:
    make_scene(tmp_path / "v_one", "{}.ppm", "H_1_{}")
    make_scene(tmp_path / "i_two", "{}.png", "H_1_{}", count=2)
    (tmp_path / "index.json").write_text("[]")
    return tmp_path


def test_hpatches_scenes_in_order(hpatches: Path):
    pairs = read_hpatches(hpatches)
    assert [pair.name for pair in pairs] == ["i_two/1-2", "v_one/1-2", "v_one/1-3"]
    assert pairs[1].scene == "v_one"
    assert pairs[1].image0.name == "1.ppm"
    assert pairs[2].image1.name == "3.ppm"
    assert pairs[0].homography.tolist() == [[1, 0, 5], [0, 1, -2.5], [0, 0, 1]]


def test_one_scene_alone(hpatches: Path):
    assert len(read_hpatches(hpatches / "v_one")) == 2


def test_oxford_layout(tmp_path: Path):
    make_scene(tmp_path / "graf", "img{}.ppm", "H1to{}p")
    pairs = read_oxford(tmp_path)
    assert [(pair.name, pair.image1.name) for pair in pairs] == [("graf/1-2", "img2.ppm"), ("graf/1-3", "img3.ppm")]


def test_a_missing_homography_is_named(hpatches: Path):
    (hpatches / "v_one" / "H_1_3").unlink()
    with pytest.raises(DatasetError, match=r"v_one/H_1_3' is missing.*hpatches-dataset"):
        read_hpatches(hpatches)


def test_a_missing_image_is_named(hpatches: Path):
    (hpatches / "v_one" / "1.ppm").unlink()
    with pytest.raises(DatasetError, match=r"v_one' has no image '1'.*H_1_2 \.\. H_1_6"):
        read_hpatches(hpatches)


def test_an_empty_folder_says_what_was_expected(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"has no pair of images with a homography 'H1to.*robots\.ox\.ac\.uk"):
        read_oxford(tmp_path)


@pytest.mark.parametrize(
    "content", ["1 0\n0 1\n", "1 0 x\n0 1 0\n0 0 1\n", "", "1 0 nan\n0 1 0\n0 0 1\n", "1 0 0\n0 0 0\n0 0 1\n"]
)
def test_a_damaged_homography_is_named(hpatches: Path, content: str):
    (hpatches / "i_two" / "H_1_2").write_text(content)
    with pytest.raises(DatasetError, match="i_two/H_1_2"):
        read_hpatches(hpatches)


def test_pairs_from_a_list(tmp_path: Path):
    write_image(tmp_path / "a" / "left.png")
    write_image(tmp_path / "a" / "right.png")
    (tmp_path / "pairs.txt").write_text("# comment\na/left.png a/right.png 1 0 5 0 1 0 0 0 1\n\n")
    (pair,) = read_pairs(tmp_path)
    assert pair.scene == "a"
    assert pair.homography[0, 2] == 5.0


@pytest.mark.parametrize(
    ("line", "message"),
    [("a.png b.png 1 0 0", "line 1"), ("a.png c.png 1 0 0 0 1 0 0 0 1", "c.png' is missing"), ("", "lists no pairs")],
)
def test_a_damaged_list_of_pairs(tmp_path: Path, line: str, message: str):
    write_image(tmp_path / "a.png")
    write_image(tmp_path / "b.png")
    (tmp_path / "pairs.txt").write_text(line + "\n")
    with pytest.raises(DatasetError, match=message):
        read_pairs(tmp_path)


def test_the_shared_benchmark_has_38_pairs():
    pairs = read_hpatches(shared_data("homography"))
    assert len(pairs) == 38
    assert all(pair.image1.is_file() for pair in pairs)
