"""Makes a release of a clean checkout: versions, changelog, evaluation record, commit and tag; see `make release`.

release.py VERSION --report REPORT.json, where the report is that of `superpoint-ros evaluate homography`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

VERSIONS = {
    "pyproject.toml": r'^version = "(.*)"$',
    "package.xml": r"^  <version>(.*)</version>$",
    "CITATION.cff": r"^version: (.*)$",
}
CHANGELOG, HEADING, RECORD = "CHANGELOG.rst", "Forthcoming", "docs/evaluation_record.json"
# Columns of the report's summary -> names in the changelog.
FIGURES = {"H@1": "H@1", "H@3": "H@3", "H@5": "H@5", "Rep": "repeatability", "NN mAP": "NN mAP", "M.Score": "M.Score"}


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def current_version(root: Path) -> str:
    """The one version that all manifests have."""
    found = {name: re.findall(pattern, text(root, name), re.MULTILINE) for name, pattern in VERSIONS.items()}
    if len({tuple(versions) for versions in found.values()}) != 1 or len(found["package.xml"]) != 1:
        raise SystemExit(f"release: the manifests have different versions: {found}")
    return str(found["package.xml"][0])


def text(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def check(root: Path, version: str) -> None:
    """Refuse what would make a release that nobody can tell from another."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"release: '{version}' is not MAJOR.MINOR.PATCH")
    if changed := git(root, "status", "--porcelain", "--untracked-files=no"):
        raise SystemExit(f"release: commit or undo first:\n{changed}")
    tags, current = git(root, "tag").split(), current_version(root)
    if version in tags:
        raise SystemExit(f"release: there is a tag {version} already")
    if numbers(version) < numbers(current) or (version == current and tags):
        raise SystemExit(f"release: {version} does not follow {current}")
    if not re.search(rf"^{HEADING}\n-+\n\* ", text(root, CHANGELOG), re.MULTILINE):
        raise SystemExit(f"release: {CHANGELOG} has nothing under '{HEADING}'")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def record_entry(version: str, date: str, commit: str, report: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a report: figures by detector, and all that they depend on."""
    figures = {row["detector"]: {name: row[name] for name in FIGURES if name in row} for row in report["summary"]}
    if not any(figures.values()):
        raise SystemExit(f"release: the report has none of the figures {', '.join(FIGURES)}")
    kept = {name: report[name] for name in ("protocol", "choices", "versions", "detectors")}
    return {"version": version, "date": date, "commit": commit, **kept, "figures": figures}


def describe(entry: dict[str, Any], last: dict[str, Any] | None) -> list[str]:
    """Lines of the changelog: each figure, with its difference to the last release measured in the same way."""
    comparable = last is not None and last["choices"] == entry["choices"]
    lines = []
    for detector, figures in entry["figures"].items():
        before = last["figures"].get(detector, {}) if last and comparable else {}
        parts = [
            f"{FIGURES[name]} {value:.3f}" + (f" ({value - before[name]:+.3f})" if before.get(name) is not None else "")
            for name, value in figures.items()
            if value is not None
        ]
        lines.append(f"* Measured, {entry['protocol']}, {detector}: {', '.join(parts)}.")
    if last and not comparable:
        lines.append(f"* Not compared with {last['version']}, which was measured with other options or data.")
    return lines


def write(root: Path, entry: dict[str, Any]) -> None:
    """Write versions, changelog and record."""
    version = entry["version"]
    path = root / RECORD
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    lines = describe(entry, record[-1] if record else None)
    path.write_text(json.dumps([*record, entry], indent=1) + "\n", encoding="utf-8")
    for name, pattern in VERSIONS.items():
        new = re.sub(pattern, lambda match: match[0].replace(match[1], version), text(root, name), flags=re.MULTILINE)
        (root / name).write_text(new, encoding="utf-8")
    heading = f"{version} ({entry['date']})"
    before, _, after = text(root, CHANGELOG).partition(f"{HEADING}\n")
    section, blank, older = after.partition("\n\n")
    section = "-" * len(heading) + "\n" + section.split("\n", 1)[1].rstrip("\n")
    new = before + "\n".join([heading, section, *lines]) + "\n" + ("\n" + older if blank and older else "")
    (root / CHANGELOG).write_text(new, encoding="utf-8")


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version")
    parser.add_argument("--report", type=Path, help="report.json of the evaluation; without it nothing is written")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1], help="the checkout")
    given = parser.parse_args(words)
    check(given.root, given.version)
    if given.report is None:
        return
    report = json.loads(given.report.read_text(encoding="utf-8"))
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    write(given.root, record_entry(given.version, date, git(given.root, "rev-parse", "HEAD"), report))
    git(given.root, "add", RECORD, CHANGELOG, *VERSIONS)
    git(given.root, "commit", "-m", f"Release {given.version}")
    git(given.root, "tag", "-a", given.version, "-m", f"Release {given.version}")
    print(f"{given.version} is committed and tagged; publish it: git push --follow-tags", file=sys.stderr)


if __name__ == "__main__":
    main()
