"""Code of README and docs: Python blocks run, commands are read by the parsers that they are written for."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from helpers.launch_process import load_launch_file
from helpers.ros_probe import texture

from superpoint_ros.cli.main import build_parser
from superpoint_ros.ros.runtime.launch_graph import GRAPH_ARGUMENTS

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
CARDS = sorted((REPOSITORY / "superpoint_ros" / "weights").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANCHOR = re.compile(r"\]\(([^)#\s:]*\.md)?#([^)]+)\)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
SECTION = re.compile(r"\]\(([^)#\s]+\.md)\), \"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$|^\*\*([^*]+)\.\*\*", re.MULTILINE)
# Words in capitals stand for what the reader puts there.
PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b")


def blocks(language: str) -> list[tuple[str, str]]:
    """All code blocks of a language: where each is, and its text."""
    return [
        (f"{path.relative_to(REPOSITORY)}:{text.count(chr(10), 0, match.start()) + 1}", match[2])
        for path in PAGES
        for text in [path.read_text(encoding="utf-8")]
        for match in BLOCK.finditer(text)
        if match[1] == language
    ]


def commands(start: str) -> list[str]:
    """Every command that begins with these words, in blocks and in running text, continued lines joined."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line for match in BLOCK.finditer(text) if match[1] in ("sh", "bash") for line in match[2].splitlines()]
        inline = re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
        found += [line.split("#")[0].strip() for line in (*lines, *inline) if line.strip().startswith(start)]
    return sorted({command for command in found if not re.search(r"\.\.\.|…|<", command)})


def test_every_page_and_every_card_of_bundled_weights_is_on_the_site():
    folder = REPOSITORY / "superpoint_ros" / "weights"
    cards = [path.name for path in folder.glob("*.md") if path.with_suffix(".safetensors").exists()]
    pages = [str(path.relative_to(REPOSITORY / "docs")) for path in (REPOSITORY / "docs").rglob("*.md")]
    site = re.findall(r"\S+\.md$", (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*pages, *(f"weights/{name}" for name in cards)} <= set(site)
    hooks = (REPOSITORY / "cmake" / "docs_hooks.py").read_text(encoding="utf-8")
    assert [name for name in cards if f'"{Path(name).stem}"' not in hooks] == []


def test_extras_are_installed_from_this_folder_as_pypi_does_not_have_the_package():
    assert [path.name for path in PAGES if re.search(r"pip install .?superpoint_ros", path.read_text("utf-8"))] == []


@pytest.mark.parametrize(("where", "code"), blocks("python"), ids=lambda value: value if "\n" not in value else "")
def test_a_python_block_runs(where, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("image.png", "other.png", "left.png", "right.png")):
        cv2.imwrite(name, texture(seed, (120, 160)))
    exec(compile(code, where, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("command", commands("superpoint-ros "))
def test_a_command_is_understood(command):
    words = shlex.split(command.split("|")[0])[1:]
    name = next((word for word in words if not word.startswith("-")), "")
    if len(words) < 2:
        assert words[0] in build_parser(None).format_help()
        return
    build_parser(name).parse_args(words)


@pytest.mark.parametrize("command", commands("ros2 launch superpoint_ros "))
def test_a_launch_command_gives_arguments_that_the_launch_file_has(command):
    name, *words = shlex.split(command)[3:]
    launched = load_launch_file(name.removesuffix(".launch.py"))
    included = [load_launch_file(other) for other in getattr(launched, "INCLUDES", {})] or [launched]
    declared = {argument.name: argument for one in included for argument in (*one.ARGUMENTS, *GRAPH_ARGUMENTS)}
    for word in words:
        if word == "--show-args":
            continue
        argument, _, value = word.partition(":=")
        assert argument in declared
        assert not declared[argument].choices or value in declared[argument].choices


@pytest.mark.parametrize("command", commands("make "))
def test_a_make_target_exists(command):
    targets = re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert shlex.split(command)[1] in targets


@pytest.mark.parametrize("command", commands("python benchmarks/") + commands("python examples/"))
def test_a_script_exists(command):
    assert (REPOSITORY / shlex.split(command)[1]).is_file()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_link_leads_to_a_file(path):
    for target in LINK.findall(BLOCK.sub("", path.read_text(encoding="utf-8"))):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("path", [*PAGES, *CARDS], ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_an_anchor_leads_to_a_heading(path):
    for page, anchor in ANCHOR.findall(BLOCK.sub("", path.read_text(encoding="utf-8"))):
        text = BLOCK.sub("", (path.parent / (page or path.name)).read_text(encoding="utf-8"))
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        slugs = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
        assert anchor in slugs, f"{path.name} links to {page}#{anchor}"


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.name)
def test_a_section_that_a_card_names_is_there(card):
    for page, section in SECTION.findall(card.read_text(encoding="utf-8")):
        headings = HEADING.findall((card.parent / page).resolve().read_text(encoding="utf-8"))
        assert section in [title or beginning for title, beginning in headings]


def test_the_tables_of_launch_arguments_are_those_of_the_launch_files():
    command = [sys.executable, str(REPOSITORY / "cmake" / "launch_docs.py")]
    compared = subprocess.run([*command, "--check"], cwd=REPOSITORY / "docs", check=False)
    assert compared.returncode == 0, f"docs/launch.md is out of date; write it anew with: {' '.join(command)}"


def test_the_tests_that_the_page_of_reliability_names_exist():
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (REPOSITORY / "docs" / "reliability.md").read_text(encoding="utf-8"))
    assert len(named) > 50
    for path, name in named:
        assert f"def {name}(" in (REPOSITORY / "test" / path).read_text(encoding="utf-8"), f"{path}::{name}"
