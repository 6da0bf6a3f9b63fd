import json
from pathlib import Path

from superpoint_ros.evaluation.synthetic.options import SyntheticProtocol
from superpoint_ros.evaluation.synthetic.run import run_synthetic


def test_synthetic_run(tmp_path: Path):
    report = run_synthetic(["shi"], SyntheticProtocol(images=1), tmp_path)
    assert len(report.rows) == 20
    assert json.loads((tmp_path / "report.json").read_text())["choices"]["images"] == 1
