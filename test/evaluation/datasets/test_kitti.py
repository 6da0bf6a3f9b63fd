from pathlib import Path

import cv2
import numpy as np
import pytest

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.kitti import read_kitti_completion, read_kitti_odometry

STEM = "2011_09_26_drive_0002_sync_{}_0000000005_image_02"


@pytest.fixture
def odometry(tmp_path: Path) -> Path:
    root = tmp_path / "dataset" / "sequences" / "00"
    for camera in ("image_0", "image_2"):
        (root / camera).mkdir(parents=True)
        for number in range(2):
            cv2.imwrite(str(root / camera / f"{number:06d}.png"), np.zeros((20, 60), np.uint8))
    (root / "calib.txt").write_text("P0: 700 0 600 0 0 700 180 0 0 0 1 0\nP2: 700 0 600 42 0 700 180 0 0 0 1 0\n")
    (root / "times.txt").write_text("0.0\n1.04e-01\n")
    (tmp_path / "dataset" / "poses").mkdir()
    turned = "0 0 1 3 0 1 0 0 -1 0 0 5"
    (tmp_path / "dataset" / "poses" / "00.txt").write_text(f"1 0 0 0 0 1 0 0 0 0 1 0\n{turned}\n")
    return root


def test_odometry_of_the_gray_camera(odometry: Path):
    first, second = read_kitti_odometry(odometry)
    assert (first.name, second.stamp) == ("000000", 0.104)
    assert first.camera.K.tolist() == [[700, 0, 600], [0, 700, 180], [0, 0, 1]]
    assert second.pose[:3, 3].tolist() == [3, 0, 5]
    assert second.file == odometry / "image_0" / "000001.png"


def test_the_color_camera_stands_beside_the_gray_one(odometry: Path):
    for path in (odometry / "image_0").iterdir():
        path.unlink()
    (odometry / "image_0").rmdir()
    first, second = read_kitti_odometry(odometry)
    assert first.pose[:3, 3] == pytest.approx([-0.06, 0, 0])
    assert second.pose[:3, 3] == pytest.approx([3, 0, 5.06])  # turned by 90 degrees: its own -x is the world's z


def test_test_sequences_have_no_poses(odometry: Path):
    (odometry.parents[1] / "poses" / "00.txt").unlink()
    assert read_kitti_odometry(odometry)[1].pose is None


def test_counts_must_agree(odometry: Path):
    (odometry / "times.txt").write_text("0.0\n")
    with pytest.raises(DatasetError, match=r"2 images but 1 times.*eval_odometry"):
        read_kitti_odometry(odometry)


def test_a_calibration_without_the_camera(odometry: Path):
    (odometry / "calib.txt").write_text("P1: 1 2 3\n")
    with pytest.raises(DatasetError, match="no line 'P0:' of twelve numbers"):
        read_kitti_odometry(odometry)


@pytest.fixture
def completion(tmp_path: Path) -> Path:
    for folder, what in (("image", "image"), ("velodyne_raw",) * 2, ("groundtruth_depth",) * 2):
        (tmp_path / folder).mkdir()
        value = np.full((352, 1216), 512, np.uint16) if folder != "image" else np.zeros((352, 1216, 3), np.uint8)
        cv2.imwrite(str(tmp_path / folder / f"{STEM.format(what)}.png"), value)
    (tmp_path / "intrinsics").mkdir()
    (tmp_path / "intrinsics" / f"{STEM.format('image')}.txt").write_text("721.5 0 596.6 0 721.5 149.9 0 0 1\n")
    return tmp_path


def test_completion_frames(completion: Path):
    (frame,) = read_kitti_completion(completion)
    assert frame.depth().max() == frame.sparse_depth().max() == 2.0
    assert frame.camera.K[1].tolist() == [0, 721.5, 149.9]
    assert frame.file.parent == completion / "image"


def test_missing_intrinsics_are_named(completion: Path):
    next((completion / "intrinsics").iterdir()).unlink()
    with pytest.raises(DatasetError, match=r"intrinsics.*is missing.*depth_completion"):
        read_kitti_completion(completion)


@pytest.mark.parametrize(("folder", "attribute"), [("velodyne_raw", "sparse_depth"), ("groundtruth_depth", "depth")])
def test_a_frame_without_depth_has_none(completion: Path, folder: str, attribute: str):
    next((completion / folder).iterdir()).unlink()
    (frame,) = read_kitti_completion(completion)
    assert getattr(frame, attribute) is None


def test_stamps_may_be_absent(odometry: Path):
    (odometry / "times.txt").unlink()
    assert np.isnan([frame.stamp for frame in read_kitti_odometry(odometry)]).all()


def test_a_sequence_needs_no_folders_above_it(odometry: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "resolve", lambda path: Path("/sequence"))
    assert [frame.pose for frame in read_kitti_odometry(odometry)] == [None, None]
