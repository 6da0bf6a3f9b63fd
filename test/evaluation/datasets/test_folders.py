import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.folders import read_folder

INTRINSICS = {"width": 8, "height": 6, "fx": 10.0, "fy": 11.0, "cx": 4.0, "cy": 3.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("rgb", "depth"):
        (tmp_path / name).mkdir()
    for number in range(2):
        cv2.imwrite(str(tmp_path / "rgb" / f"{number}.png"), np.zeros((6, 8, 3), np.uint8))
        cv2.imwrite(str(tmp_path / "depth" / f"{number}.png"), np.full((6, 8), 1500, np.uint16))
    (tmp_path / "meta.json").write_text(json.dumps({"depth_scale": 1000}))
    (tmp_path / "intrinsics.json").write_text(json.dumps(INTRINSICS))
    (tmp_path / "poses_gt.txt").write_text("0 0 0 0 0 0 0 1\n1 0 0 2 0 0 0 1\n")
    return tmp_path


def test_everything_known(folder: Path):
    first, second = read_folder(folder)
    assert (first.name, second.stamp) == ("0", 1.0)
    assert first.depth().max() == 1.5
    assert second.pose[2, 3] == 2.0
    assert first.camera.image_size == (6, 8)
    assert first.sparse_depth is None
    assert first.file == folder / "rgb" / "0.png"


def test_images_alone(folder: Path):
    first, _ = read_folder(folder / "rgb")
    assert first.camera is first.pose is first.depth is None


def test_the_order_of_timestamps(folder: Path):
    (folder / "timestamps.txt").write_text("5.0 rgb/1.png\n6.0 rgb/0.png\n")
    assert [frame.name for frame in read_folder(folder)] == ["1", "0"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("poses_gt.txt", "0 0 0 0 0 0 0 1\n", "1 poses for 2 images"),
        ("intrinsics.json", json.dumps({"fx": 1}), "no width, height, fy"),
        ("intrinsics.json", json.dumps({**INTRINSICS, "distortion_model": "equidistant"}), "'equidistant'; expected"),
        ("meta.json", "{}", "no depth_scale"),
        ("timestamps.txt", "1.0 rgb/7.png\n", r"7\.png' is missing"),
    ],
)
def test_damaged_companions_are_named(folder: Path, name: str, content: str, message: str):
    (folder / name).write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_folder(folder)


def test_an_image_without_depth_of_its_name_has_none(folder: Path):
    (folder / "depth" / "1.png").unlink()
    first, second = read_folder(folder)
    assert first.depth is not None
    assert second.depth is None


def test_the_tenth_image_has_the_tenth_pose(folder: Path):
    for number in range(2, 11):
        cv2.imwrite(str(folder / "rgb" / f"{number}.png"), np.zeros((6, 8, 3), np.uint8))
    (folder / "poses_gt.txt").write_text("".join(f"{number} 0 0 {number} 0 0 0 1\n" for number in range(11)))
    assert [(frame.name, frame.pose[2, 3]) for frame in read_folder(folder)] == [(str(n), n) for n in range(11)]


@pytest.mark.parametrize(
    ("name", "count"), [("sequences/tum_fr2_desk", 20), ("rgbd/kitchen_7scenes_a", 25), ("rgbd/kitti_0001_gt_a", 2)]
)
def test_real_folders(name: str, count: int):
    frames = read_folder(shared_data(name))
    assert len(frames) == count
    assert frames[0].camera.image_size == frames[0].image().shape[:2]
    assert all(frame.depth is None or frame.depth().any() for frame in frames)
