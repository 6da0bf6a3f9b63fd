"""A replay that is interrupted, and the same command again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.bags import write_messages_bag
from helpers.ros_probe import header, texture

from superpoint_ros.core.files import path_beside
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (120, 160)
COUNT = 200
MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"
DEADLINE_S = 60.0


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start a replay in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "replay", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd="/",
        start_new_session=True,
        # A shell's background jobs, and so these tests in one, ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, weights):
    """Arguments of a replay, and the files that it leaves when nothing interrupts it."""
    folder = tmp_path_factory.mktemp("interruption")
    scene = texture(3, (SIZE[0], SIZE[1] + COUNT))
    images = [np.ascontiguousarray(scene[:, shift : shift + SIZE[1]]) for shift in range(COUNT)]
    messages = [("/left/image_raw", array_to_image(one, header(1000 + 50 * n))) for n, one in enumerate(images)]
    bag = write_messages_bag(folder / "bag", messages)
    parameters = folder / "parameters.yaml"
    values = {"weights": str(weights), "cameras.names": ["left"]}
    parameters.write_text(str({"/frontend": {"ros__parameters": values}}))
    arguments = (bag, "--params", parameters, "--keep-inputs")
    process = start(*arguments, "--output", folder / "out")
    _, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, said
    return arguments, contents(folder / "out")


def wait_for_some_messages(process: subprocess.Popen[str], output: Path, expected: dict[str, bytes]) -> None:
    """Wait until some of a bag's messages are on the disk, and not all."""
    written = path_beside(output) / output.name / f"{output.name}.mcap"
    deadline = time.monotonic() + DEADLINE_S
    while not written.is_file() or written.stat().st_size < len(expected["out.mcap"]) // 10:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
def test_no_bag_is_left_as_if_whole_and_the_same_command_gives_the_same_bytes(number, status, whole, tmp_path):
    arguments, expected = whole
    output = tmp_path / "out"
    process = start(*arguments, "--output", output)
    wait_for_some_messages(process, output, expected)
    process.send_signal(number)
    _, said = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, "Traceback" in said) == (status, False), said
    assert not output.exists()
    again = start(*arguments, "--output", output)
    _, said = again.communicate(timeout=DEADLINE_S)
    assert again.returncode == 0, said
    assert contents(output) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_ctrl_c_ends_all_jobs_quietly_and_begins_no_further_bag(whole, tmp_path):
    (bag, *arguments), expected = whole
    bags = [shutil.copytree(bag, tmp_path / f"bag{number}") for number in range(6)]
    process = start(*bags, *arguments, "--jobs", 2, "--output", tmp_path / "out")
    wait_for_some_messages(process, tmp_path / "out" / "bag0", expected)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, "Traceback" in said) == (130, False), said
    whole_bags = {path.name for path in (tmp_path / "out").iterdir()}
    assert "bag0" not in whole_bags
    assert whole_bags <= {"bag1"}
