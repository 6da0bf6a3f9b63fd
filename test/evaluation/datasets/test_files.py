from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.files import (
    list_images,
    nearest_rows,
    read_depth,
    read_image,
    read_json,
    read_matrix,
    read_stamped_names,
    read_tum_poses,
)

ORIGIN = "it comes from somewhere"


def test_images_keep_their_channels(tmp_path: Path):
    for name, image in {"gray.png": np.full((4, 5), 7, np.uint8), "color.png": np.full((4, 5, 3), 9, np.uint8)}.items():
        cv2.imwrite(str(tmp_path / name), image)
        assert (read_image(tmp_path / name) == image).all()
    assert [path.name for path in list_images(tmp_path, ORIGIN)] == ["color.png", "gray.png"]


def test_unreadable_images_are_named(tmp_path: Path):
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    with pytest.raises(DatasetError, match=r"torn\.png.*cannot be decoded"):
        read_image(tmp_path / "torn.png")
    with pytest.raises(DatasetError, match=r"absent\.png.*no such file"):
        read_image(tmp_path / "absent.png")


def test_depth_is_scaled_to_meters(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "depth.png"), np.array([[0, 5000, 65535]], np.uint16))
    depth = read_depth(tmp_path / "depth.png", 5000.0)
    assert depth.dtype == np.float32
    assert depth == pytest.approx(np.array([[0.0, 1.0, 13.107]]))


def test_depth_of_eight_bits_is_refused(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "depth.png"), np.zeros((2, 2), np.uint8))
    with pytest.raises(DatasetError, match=r"uint8.*expected 16 bits"):
        read_depth(tmp_path / "depth.png", 1000.0)
    with pytest.raises(DatasetError, match="no such file"):
        read_depth(tmp_path / "other.png", 1000.0)


def test_folders_without_images(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"holds no images.*somewhere"):
        list_images(tmp_path, ORIGIN)
    with pytest.raises(DatasetError, match=r"is missing.*somewhere"):
        list_images(tmp_path / "absent", ORIGIN)


def test_poses_by_hand(tmp_path: Path):
    half = np.sqrt(0.5)
    (tmp_path / "poses.txt").write_text(f"# t x y z qx qy qz qw\n1.5 1 2 3 0 0 {half} {half}\n")
    stamps, poses = read_tum_poses(tmp_path / "poses.txt", ORIGIN)
    assert stamps.tolist() == [1.5]
    assert poses[0] == pytest.approx(np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1.0]]))


@pytest.mark.parametrize("content", ["1 2 3\n", "a b c d e f g h\n", "", "1 2 3 4 5 6 7 nan\n"])
def test_damaged_poses_are_named(tmp_path: Path, content: str):
    (tmp_path / "poses.txt").write_text(content)
    with pytest.raises(DatasetError, match=r"poses\.txt.*8 numbers.*somewhere"):
        read_tum_poses(tmp_path / "poses.txt", ORIGIN)


def test_a_quaternion_of_zero_is_named(tmp_path: Path):
    (tmp_path / "poses.txt").write_text("1 2 3 4 0 0 0 0\n")
    with pytest.raises(DatasetError, match=r"poses\.txt.*zero norm.*somewhere"):
        read_tum_poses(tmp_path / "poses.txt", ORIGIN)


def test_a_matrix_of_another_shape(tmp_path: Path):
    (tmp_path / "matrix").write_text("1 2 3\n4 5 6\n")
    with pytest.raises(DatasetError, match="2 rows of numbers; expected 3 of 3"):
        read_matrix(tmp_path / "matrix", (3, 3), ORIGIN)


def test_damaged_lists_and_json(tmp_path: Path):
    (tmp_path / "list.txt").write_text("1.0\n")
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "torn.json").write_text("{")
    with pytest.raises(DatasetError, match="timestamp filename"):
        read_stamped_names(tmp_path / "list.txt", ORIGIN)
    with pytest.raises(DatasetError, match="no depth_scale in it"):
        read_json(tmp_path / "list.json", ("depth_scale",), ORIGIN)
    with pytest.raises(DatasetError, match="not JSON"):
        read_json(tmp_path / "torn.json", (), ORIGIN)


def test_nearest_rows_by_hand():
    stamps = np.array([3.0, 1.0, 2.0])
    assert nearest_rows(stamps, np.array([1.1, 2.9, 2.49, 7.0]), 0.5).tolist() == [1, 0, 2, -1]
    assert nearest_rows(np.zeros(0), np.array([1.0]), 1.0).tolist() == [-1]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.lists(st.floats(-100, 100), max_size=10))
def test_nearest_rows_agree_with_exhaustive_search(stamps, wanted):
    rows = nearest_rows(np.array(stamps), np.array(wanted), np.inf)
    for row, time in zip(rows, wanted, strict=True):
        assert abs(stamps[row] - time) == pytest.approx(min(abs(stamp - time) for stamp in stamps))


def test_a_list_that_is_no_text_is_named(tmp_path: Path):
    (tmp_path / "rgb.txt").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DatasetError, match=r"rgb\.txt' is not text"):
        read_stamped_names(tmp_path / "rgb.txt", ORIGIN)
