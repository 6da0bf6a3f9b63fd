"""Reading of YAML text, with numbers as people write them."""

from __future__ import annotations

import re
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """PyYAML's reader of plain data, YAML 1.1, in which 1e-4 would be a text: a number only with a dot, as 1.0e-4."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), [*"-+0123456789"])


def parse_yaml(text: str) -> Any:
    """Read YAML text into plain data; nothing but mappings, lists and scalars is made of it.

    Raises:
        yaml.YAMLError: The text is not YAML.
    """
    return yaml.load(text, Loader=_Loader)
