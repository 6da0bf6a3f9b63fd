"""The arenas and mapped blocks of malloc, counted by glibc itself in a process of its own."""

import re
import subprocess
import sys

import pytest

from superpoint_ros.core.allocation import MALLOC_OPTIONS

needs_glibc = pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc_info")

# Each thread holds memory of its own while all of them are there.
PROGRAM = """
import ctypes, sys, threading
from superpoint_ros.core.allocation import bound_growth
if sys.argv[1] == "limited":
    bound_growth()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)
def hold():
    together.wait()
    libc.malloc(ctypes.c_size_t(1000))
    together.wait()
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(30_000_000))))
block = libc.malloc(ctypes.c_size_t(8_000_000))
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def malloc_info(how, tmp_path, monkeypatch, **environment):
    for name in MALLOC_OPTIONS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "malloc_info.xml"
    subprocess.run([sys.executable, "-c", PROGRAM, how, str(path)], check=True, timeout=60)
    return path.read_text(encoding="utf-8")


def arenas(*arguments, **environment):
    return malloc_info(*arguments, **environment).count("<heap nr=")


def mapped_blocks(*arguments, **environment):
    return int(re.search(r'<total type="mmap" count="(\d+)"', malloc_info(*arguments, **environment)).group(1))


@needs_glibc
def test_threads_share_two_arenas(tmp_path, monkeypatch):
    assert arenas("limited", tmp_path, monkeypatch) == 2
    assert arenas("as it is", tmp_path, monkeypatch) > 2


@needs_glibc
def test_a_large_block_is_mapped_on_its_own_after_a_larger_one_was_freed(tmp_path, monkeypatch):
    assert mapped_blocks("limited", tmp_path, monkeypatch) == mapped_blocks("as it is", tmp_path, monkeypatch) + 1


@needs_glibc
def test_the_environment_has_the_last_word(tmp_path, monkeypatch):
    assert arenas("limited", tmp_path, monkeypatch, MALLOC_ARENA_MAX="1") == 1
    chosen = {"MALLOC_MMAP_THRESHOLD_": "20000000"}
    blocks = [mapped_blocks(how, tmp_path, monkeypatch, **chosen) for how in ("limited", "as it is")]
    assert blocks[0] == blocks[1]


WORKING_MEMORY = """
import resource, sys
from superpoint_ros.core.allocation import bound_growth
if sys.argv[1] == "limited":
    bound_growth()
import numpy as np
def work():
    arrays = [np.ones(500_000, np.uint8) for _ in range(4)]
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
before = faults()
for _ in range(100):
    work()
print(faults() - before)
"""


@needs_glibc
def test_working_memory_is_kept_from_one_image_to_the_next(monkeypatch):
    for name in MALLOC_OPTIONS:
        monkeypatch.delenv(name, raising=False)
    limited, as_it_is = (
        int(subprocess.run([sys.executable, "-c", WORKING_MEMORY, how], check=True, capture_output=True).stdout)
        for how in ("limited", "as it is")
    )
    assert limited < 100 < 10_000 < as_it_is


HELD_FREE = """
import ctypes
from pathlib import Path
from superpoint_ros.core.allocation import give_back_free_memory
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
blocks = [libc.malloc(ctypes.c_size_t(10_000)) for _ in range(5000)]
for block in blocks:
    ctypes.memset(ctypes.c_void_p(block), 1, 10_000)
for block in blocks[:-1]:
    libc.free(ctypes.c_void_p(block))
before = resident()
give_back_free_memory()
print(before - resident())
"""


@needs_glibc
def test_memory_that_is_free_below_a_block_in_use_is_given_back():
    finished = subprocess.run([sys.executable, "-c", HELD_FREE], check=True, capture_output=True, text=True, timeout=60)
    assert int(finished.stdout) > 40_000_000
