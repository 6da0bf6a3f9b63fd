"""Files that are there whole or not at all, and those that are mere pointers to what is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LFS_POINTER = b"version https://git-lfs"


def path_beside(path: Path) -> Path:
    """Return the hidden path at which a file or folder is made before it takes its place; the suffix is the same."""
    return path.with_name(f".{path.stem}.partial{path.suffix}")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield the path at which to write a file, which then takes the place of an earlier one in one move.

    Its folder is made where there is none. Nothing is left of it where writing fails, and the earlier file stays.

    Raises:
        OSError: It cannot be written; the error names the file, not the path yielded.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path_beside(path)
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(beside):
            error.filename = str(path)
        raise


def lfs_hint(start: bytes) -> str:
    """Say the cure where a file begins as Git LFS's pointers do; "" where it does not."""
    return ": it is a Git LFS pointer, run 'git lfs pull'" if start.startswith(LFS_POINTER) else ""


def first_bytes(path: Path) -> bytes:
    """Read the beginning of a file; b"" of what cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(LFS_POINTER))
    except OSError:
        return b""
