import csv
import json
from pathlib import Path

import numpy as np

from superpoint_ros.evaluation.report.report import (
    Report,
    column_names,
    format_table,
    format_value,
    versions,
    write_report,
)

REPORT = Report(
    protocol="homography",
    choices={"size": (240, 320), "threshold": 3.0, "limit": None},
    detectors={"orb": {"levels": 8}},
    summary=[{"detector": "orb", "AUC10": 0.51234, "inliers": 123.44}, {"detector": "fast", "Rep": float("nan")}],
    rows=[{"detector": "orb", "corner_error": float("inf"), "matches": np.float64(3.0)}],
)


def test_table_by_hand():
    assert format_table(REPORT.summary).splitlines() == [
        "| detector | AUC10 | inliers | Rep |",
        "|----------|-------|---------|-----|",
        "| orb      | 0.512 | 123.4   | -   |",
        "| fast     | -     | -       | -   |",
    ]


def test_values_for_people():
    assert [format_value(value) for value in (0.5, 12, "a", None, float("nan"), -1234.56)] == [
        "0.500",
        "12",
        "a",
        "-",
        "-",
        "-1234.6",
    ]


def test_columns_in_order_of_appearance():
    assert column_names([{"b": 1}, {"a": 1, "b": 2}]) == ["b", "a"]


def test_files_hold_everything_and_are_plain_json(tmp_path: Path):
    write_report(REPORT, tmp_path / "new" / "folder")
    content = json.loads((tmp_path / "new" / "folder" / "report.json").read_text(), parse_constant=lambda name: 1 / 0)
    assert content["choices"] == {"size": [240, 320], "threshold": 3.0, "limit": None}
    assert content["detectors"] == {"orb": {"levels": 8}}
    assert content["rows"] == [{"detector": "orb", "corner_error": "inf", "matches": 3.0}]
    assert content["summary"][1]["Rep"] is None
    assert set(content["versions"]) == {"python", "superpoint_ros", "numpy", "scipy", "torch", "opencv"}
    with open(tmp_path / "new" / "folder" / "summary.csv") as file:
        assert [row["AUC10"] for row in csv.DictReader(file)] == ["0.51234", ""]


def test_versions_are_known():
    assert versions()["numpy"] == np.__version__
