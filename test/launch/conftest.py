from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from helpers.launch_process import LaunchProcess


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., LaunchProcess]]:
    """Starts launch files by name, with arguments; at the end whatever still runs is ended."""
    from helpers.launch_process import LaunchProcess

    started: list[LaunchProcess] = []

    def start(name: str, **arguments: object) -> LaunchProcess:
        started.append(LaunchProcess(tmp_path, name, **arguments))
        return started[-1]

    yield start
    for process in started:
        process.stop()
