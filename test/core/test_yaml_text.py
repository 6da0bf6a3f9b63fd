import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.yaml_text import parse_yaml


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_as_python_writes_them(number):
    assert parse_yaml(repr(number)) == number


@pytest.mark.parametrize("text", ["1e-4", "-1E+3", "2e5", "+7e0"])
def test_an_exponent_needs_no_dot(text):
    value = parse_yaml(f"rates: [{text}]")["rates"][0]
    assert isinstance(value, float)
    assert value == float(text)


@pytest.mark.parametrize("text", ["e4", "1e", "1e-4s", "0x1e", "12"])
def test_other_text_is_read_as_before(text):
    assert parse_yaml(text) == yaml.safe_load(text)
    assert not isinstance(parse_yaml(text), float)


def test_objects_are_not_made():
    with pytest.raises(yaml.YAMLError):
        parse_yaml("!!python/object/apply:os.getcwd []")
