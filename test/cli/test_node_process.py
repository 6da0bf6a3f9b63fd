import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from superpoint_ros.cli.node_process import LoggedNode, private_domain
from superpoint_ros.core.errors import BackendError

SHOW_DOMAIN = "from superpoint_ros.cli.node_process import private_domain\nwith private_domain() as d: print(d)"


@pytest.fixture(autouse=True)
def unchanged_environment(monkeypatch):
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


def check_for(seconds, process):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        process.check()
        time.sleep(0.05)


def test_two_holders_never_share_a_domain():
    with private_domain() as first, private_domain() as second:
        assert first != second
        assert {first, second} <= set(range(1, 101))


def test_another_process_takes_another_domain(tmp_path):
    with private_domain() as mine:
        command = [sys.executable, "-c", SHOW_DOMAIN]
        theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert int(theirs) != mine


def test_children_inherit_the_domain_and_stay_on_this_machine():
    with private_domain() as domain:
        assert os.environ["ROS_DOMAIN_ID"] == str(domain)
        assert os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"


@pytest.mark.parametrize("name", ["frontend", "densify"])
def test_a_node_that_cannot_start_is_an_error_with_its_last_words(tmp_path, name):
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    process = LoggedNode(name, {"weights": "/absent.pth"}, tmp_path)
    words = rf"the {name} node ended with status 1(.|\n)*/absent\.pth"
    with private_domain(), process, pytest.raises(BackendError, match=words):
        check_for(60, process)
    assert (tmp_path / f"{name}.log").is_file()


HOLD_A_NODE = """
import sys, time
from pathlib import Path
from superpoint_ros.cli.node_process import LoggedNode, private_domain
with private_domain(), LoggedNode("triangulate", {}, Path(".")) as node:
    print(node._process.pid, flush=True)
    time.sleep(60)
"""


def test_a_node_ends_with_the_process_that_started_it_however_that_ends(tmp_path):
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    command = [sys.executable, "-c", HOLD_A_NODE]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as holder:
        node = int(holder.stdout.readline())
        wait_for(lambda: "ready" in (tmp_path / "triangulate.log").read_text())
        holder.kill()
    wait_for(lambda: has_ended(node), 3)


def has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return "State:\tZ" in Path(f"/proc/{process}/status").read_text()


def wait_for(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_path_may_hold_quotes_and_spaces(tmp_path):
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    path = str(tmp_path / 'a "quoted" weight\'s.pth')
    process = LoggedNode("frontend", {"weights": path}, tmp_path)
    with private_domain(), process, pytest.raises(BackendError) as refused:
        check_for(60, process)
    assert f"weights '{path}': no such file" in str(refused.value)
