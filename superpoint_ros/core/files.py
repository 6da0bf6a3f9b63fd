"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def path_beside(path: Path) -> Path:
    """Return the hidden path at which a file or folder is made before it takes its place; the suffix is the same."""
    return path.with_name(f".{path.stem}.partial{path.suffix}")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield the path at which to write a file, which then takes the place of an earlier one in one move.

    Nothing is left of it where writing fails, and the earlier file stays. Its folder is created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path_beside(path)
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
