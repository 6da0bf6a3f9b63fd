"""An extension of griffe: examples of docstrings (`>>> ...`) are shown as code."""

from __future__ import annotations

import re
from typing import Any

import griffe

# A prompt, and the lines after it up to an empty one.
EXAMPLE = re.compile(r"^([ \t]*)>>> .*(?:\n[ \t]*\S.*)*", re.MULTILINE)


class FencedDoctests(griffe.Extension):
    """Put examples between fences, with which Markdown does not read their prompts as quotations."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object once it is complete."""
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(self._fence, obj.docstring.value)

    @staticmethod
    def _fence(match: re.Match[str]) -> str:
        return f"{match[1]}```pycon\n{match[0]}\n{match[1]}```"
