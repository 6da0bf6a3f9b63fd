"""Prints pyproject.toml's build requirements, one a line: what a build needs that pip does not isolate."""

import re
from pathlib import Path

text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
table = re.search(r"^requires = \[(.*?)^\]", text, re.DOTALL | re.MULTILINE)
assert table is not None, "pyproject.toml has no build requirements"
print("\n".join(f'"{requirement}"' for requirement in re.findall(r'"([^"]+)"', table.group(1))))
