"""Prints requirements of pyproject.toml, one a line: `requirements.py build`, or the name of an extra.

What a build needs that pip does not isolate; what an extra needs, without the package itself having to be built.
"""

import re
import sys
from pathlib import Path

name = "requires" if sys.argv[1:] == ["build"] else sys.argv[1]
text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
array = re.search(rf'^{name} = \[((?:[^]"]|"[^"]*")*)\]', text, re.MULTILINE)
assert array is not None, f"pyproject.toml has no requirements of {sys.argv[1]}"
print("\n".join(f'"{requirement}"' for requirement in re.findall(r'"([^"]+)"', array.group(1))))
