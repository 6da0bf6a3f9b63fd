import json
from pathlib import Path

from helpers.seeded import seeded_weights_file
from helpers.shared_data import shared_data

from superpoint_ros.evaluation.datasets.homography_pairs import read_hpatches
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.homography.options import HomographyProtocol
from superpoint_ros.evaluation.homography.run import run_homography
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions
from superpoint_ros.networks.weights_file import file_sha256

FEW = DetectorOptions(max_keypoints=100)
QUICK = RansacOptions(ransac_iterations=200)


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
    assert choices["ransac"] == {
        "ransac_threshold": 3.0,
        "ransac_iterations": 200,
        "ransac_confidence": 0.9999,
    }
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
