import json
from pathlib import Path

import pytest
from helpers.made_up_scenes import wall_frames
from helpers.seeded import seeded_weights_file
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import DetectorError
from superpoint_ros.evaluation.datasets.homography_pairs import read_hpatches
from superpoint_ros.evaluation.detectors import DETECTORS, DetectorOptions
from superpoint_ros.evaluation.estimation import RansacOptions
from superpoint_ros.evaluation.homography_protocol import HomographyProtocol
from superpoint_ros.evaluation.pose_protocol import PoseProtocol
from superpoint_ros.evaluation.runs import (
    make_detectors,
    run_homography,
    run_pose,
    run_synthetic,
    run_tracks,
)
from superpoint_ros.evaluation.synthetic_protocol import SyntheticProtocol
from superpoint_ros.evaluation.tracks_protocol import TracksProtocol
from superpoint_ros.networks.weights_file import file_sha256

FEW = DetectorOptions(max_keypoints=100)
QUICK = RansacOptions(iterations=200)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_homography_run_is_complete_and_deterministic(tmp_path: Path):
    pairs = read_hpatches(shared_data("homography/v_graf"))[:2]
    protocol = HomographyProtocol(detection_size=160, matching_size=160, detector=FEW, ransac=QUICK)
    for name in ("a", "b"):
        report = run_homography("graf", pairs, ["rootsift", "fast", "random"], protocol, tmp_path / name, draw=1)
    first, second = files(tmp_path / "a"), files(tmp_path / "b")
    assert first == second
    assert set(first) == {
        "report.json",
        "summary.csv",
        "rows.csv",
        "homography_accuracy.png",
        "matching_accuracy.png",
        "matches/v_graf_1-2_rootsift.png",
        "matches/v_graf_1-2_random.png",
    }
    assert len(report.rows) == 6
    choices = json.loads(first["report.json"])["choices"]
    assert choices["ransac"] == {"threshold": 3.0, "iterations": 200, "confidence": 0.9999}
    assert choices["ransac_runs"] == 1
    assert choices["detector"]["nms_radius"] == 4
    assert (choices["data"], choices["pairs"], choices["matching_size"]) == ("graf", 2, 160)


def test_superpoint_leaves_the_digest_of_its_weights(tmp_path: Path):
    weights = seeded_weights_file(tmp_path)
    pairs = read_hpatches(shared_data("homography/i_uk_01"))
    protocol = HomographyProtocol(detection_size=160, matching_size=160, detector=FEW, ransac=QUICK)
    report = run_homography("uk", pairs, [f"superpoint:{weights}"], protocol, tmp_path / "out")
    settings = report.detectors[f"superpoint:{weights}"]
    assert settings["weights_sha256"] == file_sha256(weights)
    assert report.summary[0]["Rep"] > 0.0


def test_pose_run(tmp_path: Path):
    protocol = PoseProtocol(gaps=(1, 2), detector=FEW, ransac=QUICK)
    report = run_pose("wall", wall_frames(3), ["orb"], protocol, tmp_path)
    assert [row["gap"] for row in report.summary] == [1, 2]
    assert set(files(tmp_path)) == {"report.json", "summary.csv", "rows.csv", "pose_accuracy.png"}


def test_tracks_run(tmp_path: Path):
    report = run_tracks("wall", wall_frames(4), ["orb", "rootsift"], TracksProtocol(detector=FEW), tmp_path, draw=2)
    assert report.choices["max_distances"] == {"orb": 1.0, "rootsift": 0.7}
    drawn = {
        f"{kind}/{frame}_{name}.png"
        for kind in ("tracks", "matches")
        for frame in (1, 3)
        for name in ("orb", "rootsift")
    }
    assert set(files(tmp_path)) == {"report.json", "summary.csv", "rows.csv", *drawn}


def test_synthetic_run(tmp_path: Path):
    report = run_synthetic(["shi"], SyntheticProtocol(images=1), tmp_path)
    assert len(report.rows) == 20
    assert json.loads((tmp_path / "report.json").read_text())["choices"]["images"] == 1


def test_all_is_every_detector_there_is(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    def absent(options: DetectorOptions):
        raise DetectorError("detector 'akaze' is not in this OpenCV")

    monkeypatch.delitem(DETECTORS, "superpoint")
    monkeypatch.delitem(DETECTORS, "magicpoint")
    monkeypatch.setitem(DETECTORS, "akaze", absent)
    assert [detector.name for detector in make_detectors(["all"], FEW, describing=True)] == [
        "sift",
        "rootsift",
        "orb",
        "random",
    ]
    assert "not in this OpenCV" in caplog.text


def test_what_needs_descriptors_refuses_what_has_none():
    with pytest.raises(DetectorError, match="'harris' has no descriptors"):
        make_detectors(["orb", "harris"], FEW, describing=True)
    assert len(make_detectors(["orb", "orb"], FEW)) == 1
