from pathlib import Path

from helpers.made_up_scenes import wall_frames

from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions
from superpoint_ros.evaluation.sequences.options import PoseProtocol, TracksProtocol
from superpoint_ros.evaluation.sequences.run import run_pose, run_tracks

FEW = DetectorOptions(max_keypoints=100)
QUICK = RansacOptions(ransac_iterations=200)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pose_run(tmp_path: Path):
    protocol = PoseProtocol(frame_gaps=(1, 2), detector=FEW, ransac=QUICK)
    report = run_pose("wall", wall_frames(3), ["orb"], protocol, tmp_path)
    assert [row["gap"] for row in report.summary] == [1, 2]
    assert set(files(tmp_path)) == {"report.json", "summary.csv", "rows.csv", "pose_accuracy.png"}


def test_tracks_run(tmp_path: Path):
    report = run_tracks("wall", wall_frames(4), ["orb", "rootsift"], TracksProtocol(detector=FEW), tmp_path, draw=2)
    assert report.choices["max_descriptor_distances"] == {"orb": 1.0, "rootsift": 0.7}
    drawn = {
        f"{kind}/{frame}_{name}.png"
        for kind in ("tracks", "matches")
        for frame in (1, 3)
        for name in ("orb", "rootsift")
    }
    assert set(files(tmp_path)) == {"report.json", "summary.csv", "rows.csv", *drawn}
