"""The arenas of malloc, counted by glibc itself in a process of its own."""

import subprocess
import sys

import pytest

# Each thread holds memory of its own while all of them are there.
PROGRAM = """
import ctypes, sys, threading
from superpoint_ros.core.allocation import limit_arenas
if sys.argv[1] == "limited":
    limit_arenas()
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
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def arenas(how, tmp_path, monkeypatch, **environment):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "malloc_info.xml"
    subprocess.run([sys.executable, "-c", PROGRAM, how, str(path)], check=True, timeout=60)
    return path.read_text(encoding="utf-8").count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc_info")
def test_threads_share_two_arenas(tmp_path, monkeypatch):
    assert arenas("limited", tmp_path, monkeypatch) == 2
    assert arenas("as it is", tmp_path, monkeypatch) > 2


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc_info")
def test_the_environment_has_the_last_word(tmp_path, monkeypatch):
    assert arenas("limited", tmp_path, monkeypatch, MALLOC_ARENA_MAX="1") == 1
