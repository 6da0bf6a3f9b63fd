from pathlib import Path

import numpy as np
import pytest

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.nyu import read_nyu

h5py = pytest.importorskip("h5py")


@pytest.fixture
def labeled(tmp_path: Path) -> Path:
    path = tmp_path / "nyu_depth_v2_labeled.mat"
    images, depths = np.zeros((2, 3, 640, 480), np.uint8), np.zeros((2, 640, 480), np.float32)
    images[1, 0, 30, 20] = 255  # red at x 30, y 20
    depths[1, 30, 20] = 2.5
    with h5py.File(path, "w") as file:
        file["images"], file["rawDepths"] = images, depths
    return path


def test_matlab_order_is_undone(labeled: Path):
    frame = read_nyu(labeled)[1]
    assert frame.image().shape == (480, 640, 3)
    assert frame.image()[20, 30].tolist() == [0, 0, 255]
    assert frame.depth()[20, 30] == 2.5
    assert frame.depth().shape == (480, 640)


def test_files_that_are_not_the_set(labeled: Path, tmp_path: Path):
    with pytest.raises(DatasetError, match=r"is missing.*nyu_depth_v2\.html"):
        read_nyu(tmp_path / "absent.mat")
    (tmp_path / "torn.mat").write_bytes(labeled.read_bytes()[:1000])
    with pytest.raises(DatasetError, match=r"torn\.mat.*2\.8 GB"):
        read_nyu(tmp_path / "torn.mat")


def test_shapes_must_belong_together(labeled: Path):
    with h5py.File(labeled, "r+") as file:
        del file["rawDepths"]
        with pytest.raises(DatasetError, match="rawDepths"):
            read_nyu(labeled)
        file["rawDepths"] = np.zeros((3, 640, 480))
    with pytest.raises(DatasetError, match="do not belong together"):
        read_nyu(labeled)
