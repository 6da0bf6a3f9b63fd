"""requirements.txt, which locks what runs and builds the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
HASHES = r"(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
ENTRY = re.compile(r"^([\w.-]+)==([\w.+!-]+)(?: ; .+?)? \\\n" + HASHES, re.MULTILINE)
ARRAYS = re.findall(
    r'^(?:requires|dependencies) = \[\n((?:    ".*",\n)+)\]',
    (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
    re.MULTILINE,
)
WANTED = [Requirement(text) for array in ARRAYS for text in re.findall(r'"(.+)"', array)]


def locked(name: str) -> list[str]:
    return [match[2] for match in ENTRY.finditer(LOCK) if canonicalize_name(match[1]) == canonicalize_name(name)]


def test_nothing_is_locked_but_versions_with_hashes():
    left = [line for line in ENTRY.sub("", LOCK).splitlines() if not line.startswith("#")]
    assert left == []


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_what_the_package_needs_is_locked_to_versions_that_fit(wanted):
    assert locked(wanted.name)
    assert all(version in wanted.specifier for version in locked(wanted.name))


def test_build_tools_are_locked_and_torch_is_not():
    assert len(WANTED) > 30
    assert all(map(locked, ("cmake", "ninja")))
    assert not locked("torch")
