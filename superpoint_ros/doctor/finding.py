"""What one check has found: how bad it is, what it is, and the cure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["OK", "WARN", "ERROR"]
LEVELS: tuple[Level, ...] = ("OK", "WARN", "ERROR")
INDENT = 7


@dataclass(frozen=True)
class Finding:
    """Hold what one check has found.

    Attributes:
        level: "OK"; "WARN": some use of the package fails or is slow; "ERROR": nothing works before the cure.
        subject: What was looked at, in a word or two.
        text: What was found.
        cure: What to do; "" = nothing.
        commands: Commands of the cure, one a line, to be copied.
    """

    level: Level
    subject: str
    text: str
    cure: str = ""
    commands: tuple[str, ...] = ()


def describe(finding: Finding, width: int = 100) -> str:
    """Describe a finding for people to read, in lines of at most `width` characters; commands are never broken.

    >>> print(describe(Finding("WARN", "ROS domain", "it is 150", "take 0 to 101", ("export ROS_DOMAIN_ID=1",))))
    WARN   ROS domain: it is 150
           take 0 to 101
             export ROS_DOMAIN_ID=1
    """
    indent = " " * INDENT
    lines = _wrap(f"{finding.level:<{INDENT}}{finding.subject}: {finding.text}", indent, width)
    if finding.cure:
        lines += _wrap(indent + finding.cure, indent, width)
    return "\n".join([*lines, *(f"{indent}  {command}" for command in finding.commands)])


def _wrap(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def worst(findings: Sequence[Finding]) -> Level:
    """Return the worst level among findings."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="OK")


def summary(findings: Sequence[Finding]) -> str:
    """Count the findings of each level.

    >>> summary([Finding("OK", "Python", "3.11"), Finding("WARN", "kernel", "small buffers")])
    '2 checks: 1 OK, 1 WARN, 0 ERROR'
    """
    counts = [f"{sum(finding.level == level for finding in findings)} {level}" for level in LEVELS]
    return f"{len(findings)} checks: {', '.join(counts)}"
