import pytest

from superpoint_ros.core.errors import CheckpointError, ProcessError
from superpoint_ros.doctor import speed
from superpoint_ros.doctor.speed import NETWORKS, Run, check_network, median_milliseconds

SUPERPOINT, D3 = NETWORKS


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    monkeypatch.setattr(speed.os, "getloadavg", lambda: (0.1, 0.1, 0.1))
    monkeypatch.setattr(speed, "choose_automatically", lambda device: ("openvino", "it is the fastest"))


def fail(error):
    def call(run):
        raise error

    return call


def test_backend_reason_device_and_time_are_said():
    finding = check_network(SUPERPOINT, lambda run: Run("cpu (OpenVINO, int8)", 80.0))
    assert (finding.level, finding.subject) == ("OK", "superpoint")
    assert finding.text == (
        "backend openvino, as it is the fastest: cpu (OpenVINO, int8); keypoints of a 640x480 image in 80 ms "
        "(12.5 images/s)"
    )


def test_a_slow_network_is_a_warning_with_what_makes_it_faster():
    finding = check_network(D3, lambda run: Run("cpu", 2000.0))
    assert finding.level == "WARN"
    assert "max_image_size" in finding.cure


def test_a_busy_machine_is_named_as_the_cause(monkeypatch):
    monkeypatch.setattr(speed.os, "getloadavg", lambda: (999.0, 1.0, 1.0))
    finding = check_network(D3, lambda run: Run("cpu", 2000.0))
    assert "with a load average of 999.0 on" in finding.text
    assert "fewer threads" in finding.cure


def test_broken_weights_and_a_backend_that_dies_are_errors():
    broken = check_network(SUPERPOINT, fail(CheckpointError("weights 'x': sha256 a is not the b")))
    assert (broken.level, broken.cure) == ("ERROR", "see 'weights'")
    dead = check_network(SUPERPOINT, fail(ProcessError("its process ended by SIGILL")))
    assert dead.level == "ERROR"
    assert "it does not run: its process ended by SIGILL" in dead.text
    assert "install OpenVINO anew" in dead.cure


def test_calls_are_as_many_as_the_time_allows(monkeypatch):
    calls = []
    median_milliseconds(lambda: calls.append(1))
    assert len(calls) == 1 + speed.MAX_RUNS
    monkeypatch.setattr(speed, "MAX_SECONDS", 0.0)
    calls.clear()
    median_milliseconds(lambda: calls.append(1))
    assert len(calls) == 2


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_the_networks_run(network, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(speed, "SIZE", (96, 128))
    run = network.run()
    assert run.milliseconds > 0
    assert run.device.startswith("cpu")
