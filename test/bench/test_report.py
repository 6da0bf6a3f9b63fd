import json
from dataclasses import asdict

import cv2
import pytest

from superpoint_ros.bench.case import Case
from superpoint_ros.bench.provenance import commit, machine, versions
from superpoint_ros.bench.report import case_of, compare, growth, load_rows, plot, save, table
from superpoint_ros.core.errors import DatasetError


def row(total: float, **case) -> dict:
    quantiles = {"p50": total, "p95": 1.1 * total, "p99": 1.2 * total}
    return {
        "case": asdict(Case(**case)), "stages_ms": {"network": quantiles, "total": quantiles},
        "images_per_second": 1e3 / total, "processor_ms": total, "peak_memory_mb": 100.0,
    }  # fmt: skip


ROWS = [
    row(100.0),
    row(25.0, size=(240, 320)),
    row(80.0, keypoints=500),
    row(150.0, threads=1),
    row(90.0, threads=2),
    row(400.0, backend="plain"),
]


def test_the_table_has_a_line_for_each_case_and_the_ratio_over_the_plain_network():
    lines = table(ROWS)
    assert len(lines) == 2 + len(ROWS)
    cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert cells[0] == "auto auto, 640x480, 1000 keypoints"
    assert cells[4:8] == ["100.0", "110.0", "120.0", "4.00"]
    assert all(line.count("|") == lines[0].count("|") for line in lines)
    assert lines[3].split("|")[8].strip() == ""  # no plain network of that size


def test_a_record_is_read_as_it_was_written_and_compared_with_itself(tmp_path):
    save(tmp_path / "made" / "old.json", {"cases": ROWS})
    old = load_rows(tmp_path / "made" / "old.json")
    assert [case_of(one) for one in old] == [case_of(one) for one in ROWS]
    lines = compare(old, [row(50.0), row(1.0, batch=7)])
    assert lines[-1] == "| auto auto, 640x480, 1000 keypoints | total | 100.0 | 50.0 | 0.50 |"
    assert len(lines) == 2 + 2


@pytest.mark.parametrize("text", ["", "[]", '{"cases": [{}]}', '{"cases": [{"case": {"size": 3}}]}', '{"node": []}'])
def test_other_files_are_refused(text, tmp_path):
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(DatasetError, match=r"old\.json"):
        load_rows(tmp_path / "old.json")
    with pytest.raises(DatasetError):
        load_rows(tmp_path / "none.json")


def test_growth_varies_one_attribute_and_keeps_the_others():
    assert growth(ROWS) == {
        "pixels": {"auto auto": [(0.0768, 25.0), (0.3072, 100.0)]},
        "keypoints": {"auto auto": [(500, 80.0), (1000, 100.0)]},
        "threads": {"auto auto": [(1, 150.0), (2, 90.0)]},
    }


def test_a_plot_is_written(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra [evaluation] brings Matplotlib")
    plot(tmp_path / "made" / "growth.png", ROWS)
    assert cv2.imread(str(tmp_path / "made" / "growth.png")).shape[1] > 1000


def test_provenance_can_be_written():
    found = json.loads(json.dumps({"machine": machine(), "versions": versions(), "commit": commit()}))
    assert found["machine"]["cores"] >= 1
    assert "numpy" in found["versions"]
