import json

import pytest

from superpoint_ros.cli.main import main

CASE = ["bench", "--backends", "openvino", "--sizes", "96x64", "--repeats", "2", "--keypoints", "50"]


def test_measured_written_and_compared(tmp_path, capsys):
    output = tmp_path / "new.json"
    assert main([*CASE, "--output", str(output)]) == 0
    record = json.loads(output.read_text())
    assert record["cases"][0]["case"]["size"] == [64, 96]
    assert record.keys() == {"machine", "versions", "commit", "load_before", "load_after", "cases", "left_out"}
    assert main([*CASE, "--compare", str(output)]) == 0
    assert "| openvino auto, 96x64, 50 keypoints | total |" in capsys.readouterr().out


def test_a_case_that_cannot_be_is_left_out_and_said(capsys):
    assert main([*CASE, "--precisions", "auto", "float32", "--backends", "openvino", "none"]) == 1
    assert "backend 'none' is not one of" in capsys.readouterr().out


def test_nothing_to_measure_is_refused(capsys):
    assert main([*CASE, "--backends", "none"]) == 2
    assert "no case could be measured" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--sizes", "64"], ["--repeats", "0"], ["--parameter", "threads=1"]])
def test_what_cannot_be_understood_is_refused(words):
    with pytest.raises(SystemExit):
        main(["bench", *words])


def test_the_node_under_load(tmp_path):
    output = tmp_path / "node.json"
    words = ["--node", "--sizes", "96x64", "--rates", "5", "--seconds", "1", "--parameter", "threads:=1"]
    assert main(["bench", *words, "--output", str(output)]) == 0
    (row,) = json.loads(output.read_text())["node"]
    assert row["size"] == [64, 96]
    assert row["highest_rate"] > 0
    rate, overload = row["rates"]
    assert overload["rate"] == pytest.approx(2 * row["highest_rate"], abs=0.2)
    assert rate["dropped"] < 0.5
    assert 0 < rate["latency_ms"]["p50"] <= rate["latency_ms"]["p99"]
    assert rate["processor_ms"] > 0
