"""The release command, on a small checkout of its own."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "release.py"
if not SCRIPT.exists():
    pytest.skip("this tree has no release command", allow_module_level=True)
SPEC = importlib.util.spec_from_file_location("release", SCRIPT)
release = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(release)

REPOSITORY = SCRIPT.parents[1]
CHANGELOG = "Changelog\n\nForthcoming\n-----------\n* One thing.\n* Another.\n"


def git(root, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", *identity, *words], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@b")
    folder = tmp_path / "checkout"
    (folder / "docs").mkdir(parents=True)
    for name in release.VERSIONS:
        (folder / name).write_text((REPOSITORY / name).read_text())
    (folder / "CHANGELOG.rst").write_text(CHANGELOG)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


@pytest.fixture
def report(tmp_path):
    def write(value, **choices):
        path = tmp_path / "report.json"
        summary = [{"detector": "superpoint", "H@3": value, "Rep": None, "pairs": 38}]
        content = {"protocol": "homography", "choices": choices, "versions": {}, "detectors": {}, "summary": summary}
        path.write_text(json.dumps(content | {"rows": []}))
        return str(path)

    return write


def run(root, *words):
    release.main([*words, "--root", str(root)])


def refuse(root, text, *words):
    with pytest.raises(SystemExit, match=text):
        run(root, *words)
    assert git(root, "status", "--porcelain") == ""


def test_versions_changelog_record_and_tag(root, report):
    run(root, "0.2.0", "--report", report(0.75))
    assert release.current_version(root) == "0.2.0"
    changelog = (root / "CHANGELOG.rst").read_text()
    assert re.fullmatch(
        r"Changelog\n\n0\.2\.0 \(\d{4}-\d\d-\d\d\)\n-{18}\n\* One thing\.\n\* Another\.\n"
        r"\* Measured, homography, superpoint: H@3 0\.750\.\n",
        changelog,
    )
    assert git(root, "tag").split() == ["0.2.0"]
    assert git(root, "log", "-1", "--format=%s").strip() == "Release 0.2.0"
    (entry,) = json.loads((root / release.RECORD).read_text())
    assert (entry["commit"], entry["figures"]) == (
        git(root, "rev-parse", "HEAD~1").strip(),
        {"superpoint": {"H@3": 0.75, "Rep": None}},
    )
    assert git(root, "status", "--porcelain") == ""


def test_the_next_release_says_what_changed_and_keeps_what_was(root, report):
    run(root, "0.2.0", "--report", report(0.75, runs=10))
    first = (root / "CHANGELOG.rst").read_text().partition("\n\n")[2]
    (root / "CHANGELOG.rst").write_text(f"Changelog\n\nForthcoming\n-----------\n* Third.\n\n{first}")
    git(root, "commit", "-q", "-a", "-m", "More")
    run(root, "0.3.0", "--report", report(0.74, runs=10))
    changelog = (root / "CHANGELOG.rst").read_text()
    assert "* Third.\n* Measured, homography, superpoint: H@3 0.740 (-0.010).\n\n0.2.0 (" in changelog
    assert changelog.endswith(first)


def test_other_options_are_not_compared():
    figures = {"superpoint": {"H@3": 0.5}}
    entries = [
        {"version": "0.1.0", "protocol": "homography", "choices": {"runs": runs}, "figures": figures}
        for runs in (1, 10)
    ]
    lines = release.describe(entries[1], entries[0])
    assert lines == [
        "* Measured, homography, superpoint: H@3 0.500.",
        "* Not compared with 0.1.0, which was measured with other options or data.",
    ]


def test_what_cannot_be_released_is_refused_and_nothing_changes(root):
    refuse(root, "is not MAJOR.MINOR.PATCH", "0.2")
    refuse(root, "does not follow", "0.0.1")
    run(root, release.current_version(root))
    git(root, "tag", "0.2.0")
    refuse(root, "there is a tag 0.2.0 already", "0.2.0")
    refuse(root, "does not follow", release.current_version(root))


def test_a_changelog_without_news_is_refused(root):
    (root / "CHANGELOG.rst").write_text("Changelog\n\n0.1.0 (2026-01-01)\n------------------\n* Old.\n")
    git(root, "commit", "-q", "-a", "-m", "No news")
    refuse(root, "has nothing under 'Forthcoming'", "0.4.0")


def test_a_report_without_figures_is_refused(root, tmp_path):
    path = tmp_path / "report.json"
    path.write_text('{"summary": [{"detector": "a", "speed": 1}]}')
    refuse(root, "the report has none of the figures", "0.2.0", "--report", str(path))


def test_uncommitted_changes_are_refused(root):
    (root / "CHANGELOG.rst").write_text(CHANGELOG + "* More.\n")
    with pytest.raises(SystemExit, match=r"commit or undo first"):
        run(root, "0.2.0")


def test_the_manifests_of_this_checkout_have_one_version():
    assert release.current_version(REPOSITORY)
