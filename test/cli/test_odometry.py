import json
from pathlib import Path

import pytest

from superpoint_ros.cli.main import main

pytest.importorskip("gtsam", reason="the extra [odometry] brings GTSAM")
pytest.importorskip("evo", reason="the extra [odometry] brings evo")


@pytest.mark.parametrize("depth", [False, True])
def test_the_path_through_a_rendered_room(depth: bool, tmp_path: Path, capsys: pytest.CaptureFixture):
    words = ["odometry", "--frames", "12", "--image-size", "320", "--keyframe-motion", "8", "--runs", "2"]
    words += ["--detectors", "shi+flow", "orb", "--max-keypoints", "250", "--output", str(tmp_path)]
    assert main([*words, "--use-depth" if depth else "--no-use-depth"]) == 0
    assert "| shi+flow | 1.000" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.json", "summary.csv", "rows.csv", "trajectories.png",
        "shi_flow_0.txt", "shi_flow_1.txt", "orb_0.txt", "orb_1.txt",
    }  # fmt: skip
    klt, orb = json.loads((tmp_path / "report.json").read_text())["summary"]
    assert klt["ATE [m]"] < 0.02
    assert orb["ATE [m]"] < 0.2
    assert len((tmp_path / "shi_flow_0.txt").read_text().splitlines()) == 12


def test_a_sequence_without_camera_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture):
    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((64, 64), np.uint8))
    assert main(["odometry", "--data", str(tmp_path), "--detectors", "orb", "--output", str(tmp_path / "out")]) == 2
    assert "frame '0' has no camera" in capsys.readouterr().err
