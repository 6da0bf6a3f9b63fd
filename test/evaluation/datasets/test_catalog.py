from pathlib import Path

import pytest
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, HOMOGRAPHY_LAYOUTS, read_dataset


def test_layouts_are_recognized():
    assert len(read_dataset(shared_data("homography"), HOMOGRAPHY_LAYOUTS)) == 38
    assert len(read_dataset(shared_data("sequences/kitti_odom_a"), FRAME_LAYOUTS)) == 40


@pytest.mark.parametrize(
    ("sign", "message"),
    [
        ("rgb.txt", "rgb.txt' lists nothing"),
        ("mav0/", "sensor.yaml"),
        ("calib.txt", "image_2"),
        ("velodyne_raw/", "depth completion"),
        ("something.txt", "holds no images"),
    ],
)
def test_a_half_there_sequence_is_read_as_what_it_is_known_by(tmp_path: Path, sign: str, message: str):
    path = tmp_path / sign
    path.mkdir() if sign.endswith("/") else path.write_text("")
    with pytest.raises(DatasetError, match=message):
        read_dataset(tmp_path, FRAME_LAYOUTS)


def test_a_mat_file_is_nyu(tmp_path: Path):
    (tmp_path / "labeled.mat").write_bytes(b"not HDF5")
    with pytest.raises(DatasetError, match="nyu_depth_v2_labeled"):
        read_dataset(tmp_path / "labeled.mat", FRAME_LAYOUTS)


def test_unknown_paths_and_names(tmp_path: Path):
    with pytest.raises(DatasetError, match="absent' does not exist"):
        read_dataset(tmp_path / "absent", FRAME_LAYOUTS)
    with pytest.raises(DatasetError, match="layout 'coco' is not one of auto, pairs, hpatches, oxford"):
        read_dataset(tmp_path, HOMOGRAPHY_LAYOUTS, "coco")
    with pytest.raises(DatasetError, match=r"no known layout.*pairs\.txt"):
        read_dataset(tmp_path, HOMOGRAPHY_LAYOUTS)
