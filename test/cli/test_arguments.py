import argparse
from dataclasses import dataclass, field
from typing import Literal

import pytest

from superpoint_ros.cli.arguments import ArgumentParser, add_options, given_options, node_parameters, output_folder
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import NO_LIMIT, check_options, option


@dataclass(frozen=True)
class Inner:
    rate: float | None = option(None, "Highest rate.", unit="Hz", limits=(0.1, 50.0), none=NO_LIMIT)
    mode: Literal["fast", "slow"] = option("fast", "How it runs.")

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class Outer:
    count: int = option(3, "Number of things, 100 % of them.", limits=(1, 9))
    sides: tuple[float, ...] = option((1.0, 2.0), "Sides.", unit="m", limits=(0.0, 5.0))
    draw: bool = option(True, "Whether it is drawn.")
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        check_options(self)


def parse(*words: str, options: Outer = Outer(), names: tuple[str, ...] | None = None) -> Outer:
    parser = ArgumentParser()
    add_options(parser, options, names)
    return given_options(options, parser.parse_args(words))


def test_options_that_are_not_given_keep_their_values():
    options = Outer(count=5, inner=Inner(rate=2.0))
    assert parse(options=options) == options
    assert parse("--count", "4", options=options) == Outer(count=4, inner=Inner(rate=2.0))


def test_every_kind_of_option_has_a_flag():
    given = parse("--count", "9", "--sides", "0", "5", "--no-draw", "--rate", "10", "--mode", "slow")
    assert given == Outer(9, (0.0, 5.0), False, Inner(10.0, "slow"))


def test_the_stand_in_of_none_is_none():
    assert parse("--rate", "0", options=Outer(inner=Inner(rate=2.0))).inner.rate is None


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--count", "0"), "argument --count: 0 is not between 1 and 9"),
        (("--count", "two"), "argument --count: 'two' is not of type int"),
        (("--sides", "1", "6"), "argument --sides: 6 is not between 0 and 5 m"),
        (("--rate", "60"), "argument --rate: 60 is not between 0.1 and 50 Hz, or 0 = no limit"),
        (("--mode", "lazy"), "argument --mode: lazy is not one of 'fast', 'slow'"),
        (("--coun", "2"), "unrecognized arguments: --coun 2"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(words, refusal, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(*words)
    assert stopped.value.code == 2
    assert refusal in capsys.readouterr().err


def test_help_says_description_range_and_default():
    parser = argparse.ArgumentParser()
    add_options(parser, Outer())
    text = " ".join(parser.format_help().split())
    assert "Number of things, 100 % of them. (between 1 and 9, default: 3)" in text
    assert "Sides. (between 0 and 5 m, default: 1.0 2.0)" in text
    assert "Highest rate. (between 0.1 and 50 Hz, or 0 = no limit, default: no limit)" in text
    assert "--mode {fast,slow}" in text
    assert "--no-draw" in text


def test_only_the_named_options_get_a_flag(capsys):
    assert parse("--count", "2", names=("count",)).count == 2
    with pytest.raises(SystemExit):
        parse("--mode", "slow", names=("count",))
    assert "--mode" in capsys.readouterr().err


def test_a_node_is_given_values_without_none_and_tuples():
    assert node_parameters(Outer()) == {"count": 3, "sides": [1.0, 2.0], "draw": True, "rate": 0.0, "mode": "fast"}


def test_a_folder_that_cannot_be_made_or_written_to_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(ParameterError, match=r"--output .*file: File exists"):
        output_folder(argparse.Namespace(output=tmp_path / "file"))
    monkeypatch.setattr("os.access", lambda path, mode: False)  # as in a read-only file system
    with pytest.raises(ParameterError, match=r"--output .* cannot be written to"):
        output_folder(argparse.Namespace(output=tmp_path))
