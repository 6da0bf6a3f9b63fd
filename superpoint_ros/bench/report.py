"""Measurements as a table, as JSON with everything they depend on, beside older ones, and as plots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superpoint_ros.bench.case import PLAIN, Case
from superpoint_ros.core.errors import DatasetError, MissingExtraError
from superpoint_ros.core.files import written_whole

STAGES = ("network", "decode", "track", "total")
# Attribute of a case: label of the plots' axis.
AXES = {"pixels": "megapixels", "keypoints": "keypoints, at most", "batch": "cameras", "threads": "threads"}

Row = Mapping[str, Any]


def case_of(row: Row) -> Case:
    """Return the case of a row, as it was measured or as it was read from a file."""
    return Case(**{**row["case"], "size": tuple(row["case"]["size"])})


def median(row: Row, stage: str = "total") -> float | None:
    """Return the median milliseconds of a stage; None where it has not run."""
    found = row["stages_ms"].get(stage)
    return None if found is None else float(found["p50"])


def table(rows: Sequence[Row]) -> list[str]:
    """Make a Markdown table; the ratio is over the plain network of the same size where that was measured."""
    lines = ["| case | network ms | decode ms | track ms | total ms | p95 | p99 | ratio | images/s | CPU ms | MB |"]
    lines.append("|---" * 11 + "|")
    for row in rows:
        total, base = row["stages_ms"]["total"], _plain_of(case_of(row), rows)
        cells = [_number(median(row, stage)) for stage in STAGES] + [_number(total["p95"]), _number(total["p99"])]
        cells += ["" if base is None else f"{base / total['p50']:.2f}"]
        cells += [_number(row[name]) for name in ("images_per_second", "processor_ms", "peak_memory_mb")]
        lines.append(f"| {case_of(row).label} | {' | '.join(cells)} |")
    return lines


def _plain_of(case: Case, rows: Sequence[Row]) -> float | None:
    same = [row for row in rows if case_of(row).backend == PLAIN and case_of(row).size == case.size]
    return median(same[0]) if same else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def compare(old: Sequence[Row], new: Sequence[Row]) -> list[str]:
    """Make a Markdown table of the cases that both have: median milliseconds and their ratio."""
    before = {case_of(row): row for row in old}
    lines = ["| case | stage | before ms | now ms | now / before |", "|---|---|---|---|---|"]
    for row in new:
        for stage in STAGES if case_of(row) in before else ():
            then, now = median(before[case_of(row)], stage), median(row, stage)
            if then and now:
                lines.append(f"| {case_of(row).label} | {stage} | {then:.1f} | {now:.1f} | {now / then:.2f} |")
    return lines


def save(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as JSON, creating its folder."""
    with written_whole(path) as beside:
        beside.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def load_rows(path: Path) -> list[Row]:
    """Read the rows of a record.

    Raises:
        DatasetError: The file cannot be read, or is no such record.
    """
    try:
        rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["cases"]
        for row in rows:
            case_of(row), row["stages_ms"]["total"]["p50"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"'{path}' is no record of superpoint-ros bench: {type(error).__name__} {error}") from error
    return rows


def growth(rows: Sequence[Row]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Collect how the median time of an image grows: points by axis and series, for axes with two values or more.

    Threads of 0, which leave their number to the machine, are no point of that axis.
    """
    base = vars(case_of(rows[0]))
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for axis in AXES:
        free = {"backend", "precision", "size" if axis == "pixels" else axis}
        series: dict[str, list[tuple[float, float]]] = {}
        for case, row in ((case_of(row), row) for row in rows):
            place = case.size[0] * case.size[1] / 1e6 if axis == "pixels" else vars(case)[axis]
            unsaid = axis == "threads" and not place
            if not unsaid and all(value == base[name] for name, value in vars(case).items() if name not in free):
                series.setdefault(f"{case.backend} {case.precision}", []).append((place, median(row) or 0.0))
        if lines := {name: sorted(points) for name, points in series.items() if len(points) > 1}:
            found[axis] = lines
    return found


def plot(path: Path, rows: Sequence[Row]) -> None:
    """Plot how the time of an image grows with each attribute of which several values were measured.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib: pip install 'superpoint_ros[evaluation]'") from error
    found = growth(rows)
    count = max(len(found), 1)
    figure = Figure(figsize=(5 * count, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (axis, lines) in zip(figure.subplots(1, count, squeeze=False)[0], found.items(), strict=False):
        for name, points in lines.items():
            axes.plot(*zip(*points, strict=True), marker="o", label=name)
        axes.set(xlabel=AXES[axis], ylabel="ms per image, median")
        axes.set_ylim(0, 1.1 * max(time for points in lines.values() for _, time in points))
        axes.xaxis.get_major_locator().set_params(integer=axis != "pixels")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="x-small")
    with written_whole(path) as beside:
        figure.savefig(beside, metadata={"Software": None})
