from pathlib import Path

import cv2
import numpy as np
import pytest

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.tum import read_tum


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    root = tmp_path / "rgbd_dataset_freiburg2_desk"
    for name in ("rgb", "depth"):
        (root / name).mkdir(parents=True)
    cv2.imwrite(str(root / "rgb" / "10.00.png"), np.zeros((480, 640, 3), np.uint8))
    cv2.imwrite(str(root / "rgb" / "10.10.png"), np.zeros((480, 640, 3), np.uint8))
    cv2.imwrite(str(root / "depth" / "10.01.png"), np.full((480, 640), 10000, np.uint16))
    (root / "rgb.txt").write_text("# color images\n10.00 rgb/10.00.png\n10.10 rgb/10.10.png\n")
    (root / "depth.txt").write_text("# depth maps\n10.01 depth/10.01.png\n")
    (root / "groundtruth.txt").write_text("# t\n9.99 1 0 0 0 0 0 1\n10.11 2 0 0 0 0 0 1\n")
    return root


def test_images_find_their_depth_and_pose(sequence: Path):
    first, second = read_tum(sequence)
    assert (first.name, first.stamp) == ("10.00", 10.0)
    assert first.depth().max() == pytest.approx(2.0)
    assert second.depth is None
    assert (first.pose[0, 3], second.pose[0, 3]) == (1.0, 2.0)
    assert first.image().shape == (480, 640, 3)
    assert first.file == sequence / "rgb" / "10.00.png"


def test_the_camera_is_known_by_the_folder(sequence: Path):
    assert read_tum(sequence)[0].camera.K[0, 0] == pytest.approx(520.9)
    assert len(read_tum(sequence)[0].camera.distortion) == 5
    unnamed = sequence.rename(sequence.with_name("mine"))
    assert read_tum(unnamed)[0].camera is None


def test_depth_may_be_absent(sequence: Path):
    (sequence / "depth.txt").unlink()
    assert read_tum(sequence)[0].depth is None


def test_poses_may_be_absent(sequence: Path):
    (sequence / "groundtruth.txt").unlink()
    assert [frame.pose for frame in read_tum(sequence)] == [None, None]


def test_what_is_missing_is_named(sequence: Path):
    (sequence / "rgb.txt").unlink()
    with pytest.raises(DatasetError, match=r"rgb\.txt' is missing.*cvg\.cit\.tum\.de"):
        read_tum(sequence)
