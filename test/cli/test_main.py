import importlib.metadata
import sys
from types import SimpleNamespace

import pytest

from superpoint_ros.cli import main as command
from superpoint_ros.core.errors import ImageError


@pytest.fixture
def fake(monkeypatch):
    """A sub-command that does what `behavior` says."""
    module = SimpleNamespace(behavior=lambda arguments: 0)
    module.add_arguments = lambda parser: parser.add_argument("--size", type=int, default=3)
    module.run = lambda arguments: module.behavior(arguments)
    monkeypatch.setitem(command.SUB_COMMANDS, "fake", "does nothing")
    monkeypatch.setitem(sys.modules, "superpoint_ros.cli.fake", module)
    return module


def test_help_lists_every_sub_command_without_importing_one(capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in command.SUB_COMMANDS)


@pytest.mark.parametrize("name", command.SUB_COMMANDS)
def test_every_sub_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main([name, "--help"])
    assert stopped.value.code == 0
    assert f"superpoint-ros {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["dance"], ["fake", "--size", "big"]])
def test_words_that_make_no_sense_are_refused(fake, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(words)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_arguments_and_exit_status_are_passed_on(fake):
    fake.behavior = lambda arguments: arguments.size
    assert command.main(["fake"]) == 3
    assert command.main(["--verbose", "fake", "--size", "5"]) == 5


def test_an_error_raised_on_purpose_is_one_line(fake, capsys):
    def refuse(arguments):
        raise ImageError("image is upside down")

    fake.behavior = refuse
    assert command.main(["fake"]) == 2
    assert capsys.readouterr().err == "superpoint-ros fake: image is upside down\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device", "out/tracks.npz"), "'out/tracks.npz': no space left on device"),
        (PermissionError(13, "Permission denied", "/root"), "'/root': permission denied"),
        (MemoryError("Unable to allocate 9 TiB"), "not enough memory: Unable to allocate 9 TiB"),
    ],
)
def test_what_the_machine_refuses_is_one_line(fake, capsys, error, line):
    def fail(arguments):
        raise error

    fake.behavior = fail
    assert command.main(["fake"]) == 2
    assert capsys.readouterr().err == f"superpoint-ros fake: {line}\n"


def test_an_interruption_is_quiet_during_imports_too(fake, capsys, monkeypatch):
    def interrupt(arguments):
        raise KeyboardInterrupt

    fake.behavior = interrupt
    assert command.main(["fake"]) == 130
    monkeypatch.setattr(command, "build_parser", interrupt)
    assert command.main(["fake"]) == 130
    assert capsys.readouterr().err == ""


def test_an_error_nobody_meant_is_not_hidden(fake):
    def fail(arguments):
        raise ZeroDivisionError

    fake.behavior = fail
    with pytest.raises(ZeroDivisionError):
        command.main(["fake"])


@pytest.mark.parametrize("words", [["track", "--nms", "4"], ["evaluate", "pose", "--data", "x", "--points", "5"]])
def test_an_unknown_option_prints_the_usage_of_its_sub_command(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(words)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    name = " ".join(words[: 2 if words[0] == "evaluate" else 1])
    assert error.startswith(f"usage: superpoint-ros {name} ")
    assert f"superpoint-ros {name}: error: unrecognized arguments: {words[-2]} {words[-1]}" in error


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"superpoint-ros {importlib.metadata.version('superpoint_ros')}\n"
