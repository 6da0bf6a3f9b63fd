from dataclasses import dataclass, field, replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import (
    MODEL_DEFAULT,
    MODEL_DEFAULT_NAME,
    NO_CHECK,
    NO_LIMIT,
    OptionSpec,
    build_options,
    check_options,
    flat_values,
    option,
    option_specs,
    replace_options,
    same_option,
)


@dataclass(frozen=True)
class Inner:
    max_keypoints: int | None = option(1000, "Keep the strongest.", limits=(1, 5000), none=NO_LIMIT)
    threshold: float | None = option(None, "Smallest score.", limits=(0.0, 1.0), none=MODEL_DEFAULT)
    scales: tuple[float, ...] = option((1.0,), "Scales.", limits=(0.1, 4.0))
    grid: tuple[int, int] = option((1, 1), "Rows and columns.", limits=(1, 10))

    def __post_init__(self):
        check_options(self)


@dataclass(frozen=True)
class Outer:
    policy: Literal["latest", "every_frame"] = option("latest", "What is dropped.", fixed=True)
    overlay: bool = option(True, "Draw.")
    radius: int = option(4, "Distance.", unit="px", limits=(0, 64))
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self):
        check_options(self)


def test_specs_are_read_off_the_fields_nested_ones_included():
    specs = option_specs(Outer)
    assert list(specs) == ["policy", "overlay", "radius", "max_keypoints", "threshold", "scales", "grid"]
    assert specs["policy"].choices == ("latest", "every_frame")
    assert specs["policy"].fixed
    assert (specs["max_keypoints"].kind, specs["threshold"].kind, specs["scales"].kind) == (int, float, float)
    assert (specs["scales"].count, specs["grid"].count, specs["radius"].count) == (None, 2, 1)
    assert specs["radius"].allowed == "between 0 and 64 px"
    assert not specs["radius"].fixed
    assert (specs["max_keypoints"].to_plain(None), specs["threshold"].to_plain(None)) == (0, -1.0)
    assert (NO_CHECK.value, MODEL_DEFAULT_NAME.value) == (0, "")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("policy", "newest", "policy='newest' is not one of 'latest', 'every_frame'"),
        ("policy", None, "policy=None is not of type str"),
        ("radius", 65, "radius=65 is not between 0 and 64 px"),
        ("radius", -1, "radius=-1 is not between 0 and 64 px"),
        ("radius", 2.0, "radius=2.0 is not of type int"),
        ("radius", True, "radius=True is not of type int"),
        ("overlay", 1, "overlay=1 is not of type bool"),
        ("threshold", float("nan"), "threshold=nan is not between 0 and 1"),
        ("scales", (), "has 0 values, not one or more"),
        ("scales", 1.0, "scales=1.0 is not a list of float"),
        ("scales", "1", "scales='1' is not a list of float"),
        ("scales", (1.0, 9.0), "is not between 0.1 and 4"),
        ("grid", (1, 2, 3), "has 3 values, not 2"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(name, value, words):
    with pytest.raises(ParameterError) as caught:
        build_options(Outer, {name: value})
    assert words in str(caught.value)


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ParameterError, match="'nms' is no option of Outer; there are policy, overlay"):
        build_options(Outer, {"nms": 4})


def test_values_are_built_nested_and_read_back_flat():
    options = build_options(Outer, {"max_keypoints": None, "grid": [2, 3], "threshold": 1, "radius": 0})
    assert options == Outer(radius=0, inner=Inner(max_keypoints=None, grid=(2, 3), threshold=1.0))
    assert build_options(Outer, flat_values(options)) == options


def test_limits_are_inclusive():
    assert Inner(max_keypoints=1).max_keypoints == 1
    assert Inner(max_keypoints=5000).max_keypoints == 5000


@given(
    st.none() | st.integers(1, 5000), st.none() | st.floats(0, 1), st.lists(st.floats(0.1, 4), min_size=1, max_size=5)
)
def test_plain_values_bring_back_what_they_were_made_of(max_keypoints, threshold, scales):
    options = Inner(max_keypoints=max_keypoints, threshold=threshold, scales=tuple(scales))
    specs = option_specs(Inner)
    plain = {name: specs[name].to_plain(value) for name, value in flat_values(options).items()}
    assert all(isinstance(value, (bool, int, float, str, list)) for value in plain.values())
    assert Inner(**{name: specs[name].from_plain(value) for name, value in plain.items()}) == options


def test_a_name_that_is_there_twice_is_an_error_of_the_programmer():
    @dataclass(frozen=True)
    class Twice:
        radius: int = option(1, "One.")
        outer: Outer = field(default_factory=Outer)

    with pytest.raises(TypeError, match="'radius' is there twice"):
        option_specs(Twice)


def test_options_are_replaced_in_nested_dataclasses_too():
    options = Outer(radius=5, inner=Inner(max_keypoints=7))
    assert replace_options(options, {"no option": 1}) == options
    changed = replace_options(options, {"overlay": False, "threshold": 0.5, "max_keypoints": None})
    assert changed == Outer(radius=5, overlay=False, inner=Inner(max_keypoints=None, threshold=0.5))
    with pytest.raises(ParameterError, match="radius=99"):
        replace_options(options, {"radius": 99})


def test_a_plain_description_is_of_a_single_value_that_may_change():
    spec = OptionSpec("radius", int, 4, "Distance.")
    assert (spec.fixed, spec.count, spec.allowed) == (False, 1, "")
    assert spec.check(10**9) == 10**9


def test_fields_beside_the_options_need_a_default():
    @dataclass(frozen=True)
    class Plain:
        radius: int = option(1, "One.")
        name: str = "left"
        items: list[int] = field(default_factory=list)

    assert build_options(Plain, {"radius": 3}) == Plain(3)

    @dataclass(frozen=True)
    class Bare:
        name: str
        radius: int = option(1, "One.")

    with pytest.raises(TypeError, match=r"Bare\.name is neither an option nor has it a default"):
        build_options(Bare, {})


def test_an_option_of_another_dataclass_is_described_once():
    @dataclass(frozen=True)
    class Borrower:
        radius: int = same_option(Outer, "radius")
        threshold: float | None = same_option(Inner, "threshold", default=0.5, none=NO_CHECK)

    lent, borrowed = option_specs(Outer), option_specs(Borrower)
    assert borrowed["radius"] == lent["radius"]
    assert borrowed["threshold"] == replace(lent["threshold"], default=0.5, none=NO_CHECK)
