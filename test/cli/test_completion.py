"""Real shells complete the words of the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from superpoint_ros.cli.main import main

PROGRAM = f"#!{sys.executable}\nimport sys\nfrom superpoint_ros.cli.main import main\nsys.exit(main())\n"
ASK = """
eval "$(superpoint-ros completion bash)"
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9
_python_argcomplete superpoint-ros
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def path(tmp_path) -> Path:
    """A folder with the command's program, as pip installs it."""
    program = tmp_path / "superpoint-ros"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return tmp_path


def shell(path: Path, *words: str) -> str:
    environment = os.environ | {"PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=path, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("superpoint-ros tr", {"train", "track"}),
        ("superpoint-ros parameters tri", {"triangulate"}),
        ("superpoint-ros doctor --no", {"--no-runs", "--no-topics"}),
        ("superpoint-ros evaluate homo", {"homography"}),
        ("superpoint-ros nonsense --", {"--help", "--verbose", "--version"}),
    ],
)
def test_bash_completes_commands_choices_and_flags(path, line, words):
    assert {word.strip() for word in shell(path, "bash", "-c", ASK, "bash", line).split()} == words


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_knows_the_command_after_it(path):
    code = 'eval "$(superpoint-ros completion zsh)"; print $_comps[superpoint-ros]'
    assert "_python_argcomplete" in shell(path, "zsh", "-fc", code)


def test_the_code_for_zsh_prepares_it(path):
    assert shell(path, "superpoint-ros", "completion", "zsh").startswith("autoload -Uz compinit bashcompinit && ")


def test_an_argcomplete_that_is_too_old_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "argcomplete.shell_integration", None)
    assert main(["completion", "bash"]) == 2
    assert "pip install 'argcomplete>=1.12'" in capsys.readouterr().err
