"""How glibc's malloc keeps memory, so that a process that runs for days does not grow; call it before threads start."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

# Environment variable that overrules it: number of the option of glibc's mallopt(3), value.
MALLOC_OPTIONS = {
    # Arenas that all threads share. By default there are eight for each processor, and what one has freed serves no
    # other: a node whose network is loaded and freed again by new threads grew by a quarter in forty times.
    "MALLOC_ARENA_MAX": (-8, 2),
    # From this size on [bytes] a block is mapped on its own, and given back to the system when it is freed. By default
    # the size grows to that of the largest block freed: then small blocks that stay come to lie between large ones.
    # Mapping anew costs time: below a megabyte or so, the size of a message, the node would be a millisecond slower.
    "MALLOC_MMAP_THRESHOLD_": (-3, 4 * 1024 * 1024),
    # What a heap may keep free at its end [bytes]. By default 128 kB: the working memory of each image was given back
    # and mapped again for the next one, which cost the tracker a tenth of its time.
    "MALLOC_TRIM_THRESHOLD_": (-1, 4 * 1024 * 1024),
}


def bound_growth() -> None:
    """Have malloc leave few gaps; what the environment says of an option stays. Without glibc nothing is done."""
    for variable, (option, value) in MALLOC_OPTIONS.items():
        if variable not in os.environ:
            with suppress(OSError, AttributeError):
                ctypes.CDLL(None).mallopt(option, value)


def give_back_free_memory() -> None:
    """Return what is free within malloc's heaps to the system, wherever it lies. Without glibc nothing is done."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
