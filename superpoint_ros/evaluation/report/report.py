"""Results as a printed table, and as files with everything they depend on."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from superpoint_ros.core.files import written_whole


@dataclass(frozen=True)
class Report:
    """Hold the results of one evaluation.

    Attributes:
        protocol: Name of the protocol.
        choices: Every choice of the protocol, the data and the seed.
        detectors: Settings per detector, with the digest of its weights where it has some.
        summary: One row per detector.
        rows: One row per detector and pair, image or track.
    """

    protocol: str
    choices: Mapping[str, Any]
    detectors: Mapping[str, Mapping[str, Any]]
    summary: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]


def versions() -> dict[str, str]:
    """Return the versions of what results depend on; "unknown" for what is not installed as a distribution."""
    found = {"python": platform.python_version()}
    for name in ("superpoint_ros", "numpy", "scipy", "torch"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "unknown"
    import cv2

    return {**found, "opencv": cv2.__version__}


def column_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return every key that occurs, in order of first occurrence."""
    return list(dict.fromkeys(name for row in rows for name in row))


def format_value(value: Any) -> str:
    """Format a number with three decimals (large ones with one), a missing one as a dash, anything else unchanged."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}"
    return str(value)


def format_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Format rows as an aligned Markdown table."""
    names = column_names(rows)
    cells = [names, *[[format_value(row.get(name)) for name in names] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _finite(value: Any) -> Any:
    """Replace NaN by None and infinity by "inf", which JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def write_report(report: Report, folder: Path) -> None:
    """Write report.json with everything, summary.csv and rows.csv; the same run gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "protocol": report.protocol,
        "choices": report.choices,
        "versions": versions(),
        "detectors": report.detectors,
        "summary": report.summary,
        "rows": report.rows,
    }
    with written_whole(folder / "report.json") as beside:
        beside.write_text(json.dumps(_finite(content), indent=1) + "\n")
    for name, rows in (("summary.csv", report.summary), ("rows.csv", report.rows)):
        with written_whole(folder / name) as beside, beside.open("w", newline="") as file:
            writer = csv.DictWriter(file, column_names(rows), restval="")
            writer.writeheader()
            writer.writerows(rows)
