"""SIGINT and SIGTERM in every state of a node's program: out within two seconds, status 0, and quiet."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.ros_probe import NodeProcess, header, parameter_arguments
from helpers.seeded import seeded_d3_file, seeded_weights_file
from sensor_msgs.msg import Image

from superpoint_ros.doctor.transport import leftover_segments
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.images import array_to_image

LIMIT_S = 2.0
NOISE = ("Traceback", "Error", "terminate called", "Aborted", "core dumped")
SIGNALS = [signal.SIGINT, signal.SIGTERM]
NODES = ["frontend", "densify", "triangulate", "bridge"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("weights")
    files = {"frontend": seeded_weights_file(folder), "densify": seeded_d3_file(folder)}
    return {node: ["-p", f"weights:={files[node]}"] if node in files else [] for node in NODES}


@pytest.fixture
def start(tmp_path, weights):
    started = []

    def start(node: str, **parameters: object) -> NodeProcess:
        arguments = parameter_arguments({"policy": "every_frame", **parameters}, f"stopped_{node}")
        started.append(NodeProcess(tmp_path / "log", arguments + weights[node], node))
        wait_until(lambda: heeds_signals(started[-1]), "its first line")
        return started[-1]

    yield start
    for one in started:
        one.process.kill()


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def heeds_signals(node: NodeProcess) -> bool:
    """Whether its own code has begun to run: before that it is Python that answers."""
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(blocked.split()[1], 16) >> (signal.SIGINT - 1) & 1)


def assert_ends_well(node: NodeProcess, *signals: signal.Signals) -> None:
    begin = time.monotonic()
    for number in signals:
        node.process.send_signal(number)
        time.sleep(0.05)
    assert node.process.wait(20) == 0, node.log()
    assert time.monotonic() - begin < LIMIT_S, node.log()
    assert not any(word in node.log() for word in NOISE), node.log()


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5, 0.9, 1.4, 2.0])
@pytest.mark.parametrize("node", NODES)
def test_while_it_starts(start, node, delay, number):
    running = start(node)
    time.sleep(delay)
    assert_ends_well(running, number)


@pytest.mark.parametrize("signals", [SIGNALS[:1], SIGNALS[1:], SIGNALS[:1] * 2, SIGNALS[:1] * 5])
@pytest.mark.parametrize("node", NODES)
def test_while_it_waits(start, node, signals):
    running = start(node)
    wait_until(lambda: "ready" in running.log(), "ready")
    assert_ends_well(running, *signals)


@pytest.mark.parametrize("node", NODES)
def test_no_shared_memory_stays_behind(start, node):
    running = start(node)
    wait_until(lambda: "ready" in running.log(), "ready")
    segments = set(re.findall(r"/dev/shm/fast(?:dds|rtps)_[0-9a-f]{16}\b", mapped_files(running)))
    assert segments
    assert_ends_well(running, signal.SIGTERM)
    assert not segments & {str(segment) for segment in leftover_segments()}


def mapped_files(node: NodeProcess) -> str:
    return Path(f"/proc/{node.process.pid}/maps").read_text()


@pytest.mark.parametrize("signals", [SIGNALS[:1], SIGNALS[1:], SIGNALS[:1] * 2])
@pytest.mark.parametrize("size", [(1080, 1920), (2160, 3840)], ids=["1080p", "4K"])
def test_within_the_network_s_run(probe, start, size, signals):
    topic = f"/large_{size[0]}_{len(signals)}_{signals[0].name}"
    running = start("frontend", **{"cameras.camera.topic": topic})
    publisher = probe.publisher(Image, topic)
    answers = probe.collect(Features, "/stopped_frontend/camera/features")
    idle = cpu_seconds(running)
    image = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    for stamp in range(3):
        publisher.publish(array_to_image(image, header(1000 * stamp)))
    probe.spin_until(lambda: cpu_seconds(running) > idle + 0.3, "the network")
    assert len(answers) < 3, "the network was done too soon for this test"
    assert_ends_well(running, *signals)
    answers.close()
    probe.node.destroy_publisher(publisher)


def cpu_seconds(node: NodeProcess) -> float:
    fields = Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
