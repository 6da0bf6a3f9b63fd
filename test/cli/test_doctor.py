"""`superpoint-ros doctor` as it is run, in environments where something is missing or broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.environment import Environment
from helpers.ros_domain import DOMAIN

import superpoint_ros
from superpoint_ros.cli.main import main

PACKAGE = Path(superpoint_ros.__path__[0])
MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"
ALONE = {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
TALK = "import rclpy, time; rclpy.init(); node = rclpy.create_node('talker'); print(flush=True); time.sleep(60)"


def doctor(*words: str, **variables: str) -> tuple[int, dict[str, list[dict]]]:
    """Run the command; return its status and the findings by subject."""
    environment = os.environ | ALONE | variables
    command = [sys.executable, "-c", MAIN, "doctor", "--json", *words]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=200, check=False)
    return done.returncode, findings(done)


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, list[dict]]:
    assert "Traceback" not in done.stderr
    found: dict[str, list[dict]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["subject"], []).append(finding)
    return found


def test_this_environment_for_people(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["doctor", "--no-runs", "--no-topics"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("OK     installation: Python 3.")
    assert all(line.startswith(("OK ", "WARN ", "ERROR ", "       ")) for line in lines[:-1])
    assert ", 0 ERROR" in lines[-1]


def test_without_torch_and_without_ros_the_networks_run(tmp_path):
    bare = Environment(tmp_path / "venv", ("torch", "functorch", "rclpy", "__editable__"))
    done = bare.run("-c", MAIN, "doctor", "--json")
    found = findings(done)
    assert done.returncode == 0, done.stdout
    assert "PyTorch is not installed" in found["backends"][0]["text"]
    assert all(found[name][0]["text"].startswith("backend openvino, as it is") for name in ("superpoint", "d3"))
    assert (found["ROS"][0]["level"], "topics" in found) == ("WARN", False)


def test_without_what_nothing_works_without_the_rest_is_looked_at(tmp_path):
    bare = Environment(tmp_path / "venv", ("safetensors", "cv2", "opencv", "__editable__"))
    done = bare.run("-c", MAIN, "doctor", "--json", "--no-topics")
    found = findings(done)
    assert done.returncode == 1
    assert "cv2 cannot be imported" in found["dependencies"][0]["text"]
    assert found["dependencies"][0]["commands"][0].endswith("pip install opencv-python-headless safetensors")
    assert {"processor", "threads", "ROS"} <= found.keys()
    assert not {"weights", "superpoint"} & found.keys()


def test_broken_weights_are_an_error_without_a_traceback(tmp_path):
    copy = shutil.copytree(PACKAGE, tmp_path / "superpoint_ros", ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "weights" / "superpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    status, found = doctor("--no-topics", PYTHONPATH=str(tmp_path), OMP_NUM_THREADS="1")
    assert status == 1
    assert [(one["level"], "superpoint.safetensors" in one["text"]) for one in found["weights"]] == [("ERROR", True)]
    assert (found["superpoint"][0]["level"], found["superpoint"][0]["cure"]) == ("ERROR", "see 'weights'")
    assert found["d3"][0]["level"] in ("OK", "WARN")


def test_a_program_in_another_domain_is_found():
    other = str(1 + DOMAIN % 100)
    talker = subprocess.Popen(
        [sys.executable, "-c", TALK], env=os.environ | ALONE | {"ROS_DOMAIN_ID": other}, stdout=subprocess.PIPE
    )
    try:
        assert talker.stdout is not None
        talker.stdout.readline()
        status, found = doctor("--no-runs", "--seconds", "1")
    finally:
        talker.kill()
        talker.wait()
    assert status == 0
    assert found["topics"][0]["level"] == "WARN"
    text, commands = found["topics"][0]["text"], found["topics"][0]["commands"]
    assert f"in domain {DOMAIN}, and no node; programs of this machine use domain " in text
    assert commands[0].startswith("export ROS_DOMAIN_ID=")
    assert other in text.rpartition("domain ")[2].split(", ")


@pytest.mark.parametrize(
    ("variables", "subject", "says"),
    [
        ({"ROS_DOMAIN_ID": "lab"}, "ROS domain", "which is no domain"),
        ({"RMW_IMPLEMENTATION": "rmw_nobody_cpp"}, "ROS", "cannot be imported"),
    ],
)
def test_a_ros_that_cannot_start_is_an_error(variables, subject, says):
    status, found = doctor("--no-runs", **variables)
    assert status == 1
    assert (found[subject][0]["level"], says in found[subject][0]["text"]) == ("ERROR", True)
    assert "topics" not in found


@pytest.mark.parametrize("seconds", ["0", "x", "601"])
def test_seconds_that_make_no_sense_are_refused(seconds, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--seconds", seconds])
    assert stopped.value.code == 2
    assert "from 1 to 600" in capsys.readouterr().err
