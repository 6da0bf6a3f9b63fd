import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.euroc import read_euroc


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    """Real images and calibration in the data set's own layout."""
    source = shared_data("sequences/euroc_v101_start")
    camera = tmp_path / "mav0" / "cam0"
    (camera / "data").mkdir(parents=True)
    images = sorted((source / "cam0").glob("*.png"))[:3]
    for path in images:
        shutil.copy(path, camera / "data")
    shutil.copy(source / "cam0" / "sensor.yaml", camera)
    (camera / "data.csv").write_text("#ts,file\n" + "".join(f"{path.stem},{path.name}\n" for path in images))
    (tmp_path / "mav0" / "state_groundtruth_estimate0").mkdir()
    shutil.copy(source / "groundtruth_body.csv", tmp_path / "mav0" / "state_groundtruth_estimate0" / "data.csv")
    return tmp_path


def test_the_cameras_pose_is_the_bodys_and_the_mounting(sequence: Path):
    frames = read_euroc(sequence)
    assert len(frames) == 3
    assert all(frame.file.is_file() for frame in frames)
    assert frames[0].camera.K[0].tolist() == [458.654, 0, 367.215]
    position = frames[0].pose[:3, 3]
    assert np.linalg.norm(position - [0.878895, 2.1834, 0.948427]) == pytest.approx(
        np.linalg.norm([0.0216, 0.0647, 0.0098]), abs=1e-3
    )
    assert np.linalg.norm(frames[2].pose[:3, 3] - position) < 0.01  # the drone stands still here


def test_mav0_itself_will_do(sequence: Path):
    assert len(read_euroc(sequence / "mav0")) == 3


def test_times_without_truth_have_no_pose(sequence: Path):
    truth = sequence / "mav0" / "state_groundtruth_estimate0" / "data.csv"
    truth.write_text("".join(truth.read_text().splitlines(keepends=True)[:2]))
    frames = read_euroc(sequence)
    assert frames[0].pose is not None
    assert frames[1].pose is None


@pytest.mark.parametrize("name", ["cam0/data.csv", "cam0/sensor.yaml", "state_groundtruth_estimate0/data.csv"])
def test_what_is_damaged_is_named(sequence: Path, name: str):
    path = sequence / "mav0" / name
    path.write_text("nothing: useful\n")
    with pytest.raises(DatasetError, match=path.name):
        read_euroc(sequence)


def test_a_quaternion_of_zero_is_named(sequence: Path):
    path = sequence / "mav0" / "state_groundtruth_estimate0" / "data.csv"
    lines = path.read_text().splitlines()
    cells = [line.split(",") for line in lines if not line.startswith("#")]
    path.write_text("\n".join(",".join([*row[:4], "0", "0", "0", "0", *row[8:]]) for row in cells))
    with pytest.raises(DatasetError, match=r"data\.csv, pose at \d+ ns: .*zero norm"):
        read_euroc(sequence)


def test_without_truth_no_frame_has_a_pose(sequence: Path):
    (sequence / "mav0" / "state_groundtruth_estimate0" / "data.csv").unlink()
    assert [frame.pose for frame in read_euroc(sequence)] == [None, None, None]


@pytest.mark.parametrize("name", ["cam0/data.csv", "cam0/sensor.yaml"])
def test_what_is_missing_is_named(sequence: Path, name: str):
    path = sequence / "mav0" / name
    path.unlink()
    with pytest.raises(DatasetError, match=rf"{path.name}' is missing.*asl\.ethz\.ch"):
        read_euroc(sequence)


@pytest.mark.parametrize(("model", "fisheye"), [("radial-tangential", False), ("equidistant", True)])
def test_the_lens_model_is_the_one_that_is_named(sequence: Path, model: str, fisheye: bool):
    path = sequence / "mav0" / "cam0" / "sensor.yaml"
    path.write_text(path.read_text().replace("distortion_model: radial-tangential", f"distortion_model: {model}"))
    assert read_euroc(sequence)[0].camera.fisheye is fisheye


def test_an_unknown_lens_model_is_named(sequence: Path):
    path = sequence / "mav0" / "cam0" / "sensor.yaml"
    path.write_text(path.read_text().replace("distortion_model: radial-tangential", "distortion_model: omni"))
    with pytest.raises(DatasetError, match=r"'omni'.*distortion_model \(radial-tangential, equidistant\)"):
        read_euroc(sequence)
