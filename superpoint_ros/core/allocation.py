"""How many arenas the C library allocates from; acts on threads that are started later."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

# mallopt(3): M_ARENA_MAX of glibc.
M_ARENA_MAX = -8
ARENAS = 2


def limit_arenas() -> None:
    """Have glibc's malloc share two arenas among all threads, unless the environment says otherwise.

    By default there are eight for each processor, and what one of them has freed serves no other: a node whose network
    is loaded and freed again by new threads grew by a quarter in forty times. Without glibc nothing is done.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
