"""Fixtures of the tests that run real nodes: seeded weights, a probe, node processes that must stop cleanly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from helpers.ros_probe import NodeProcess, Probe, parameter_arguments
from helpers.ros_stereo import Stereo
from helpers.seeded import seeded_d3_file, seeded_weights_file
from rclpy.node import Node

StartNode = Callable[..., NodeProcess]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seeded_weights_file(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def d3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seeded_d3_file(tmp_path_factory.mktemp("d3"))


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    probe = Probe()
    yield probe
    probe.close()


@pytest.fixture
def create_node() -> Iterator[Callable[..., Node]]:
    """Creates plain nodes in this process, in a context of their own; called with the arguments of Node."""
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes: list[Node] = []

    def create(**arguments: Any) -> Node:
        nodes.append(Node("plain", context=context, **arguments))
        return nodes[-1]

    yield create
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown(context=context)


@pytest.fixture(scope="module")
def start_node(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartNode]:
    """Starts nodes with seeded weights; at the end each of them must stop cleanly."""
    nodes: list[NodeProcess] = []

    def start(parameters: dict[str, Any], name: str = "frontend") -> NodeProcess:
        log = tmp_path_factory.mktemp("node") / f"{name}.log"
        nodes.append(NodeProcess(log, parameter_arguments({"weights": weights, **parameters}, name)))
        return nodes[-1]

    yield start
    statuses = [node.stop() for node in nodes]
    assert statuses == [0] * len(nodes), "\n".join(node.log() for node in nodes)


@pytest.fixture(scope="module")
def start_densify(d3: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartNode]:
    """Starts densify nodes with seeded weights; at the end each of them must stop cleanly."""
    nodes: list[NodeProcess] = []

    def start(name: str, **parameters: object) -> NodeProcess:
        log = tmp_path_factory.mktemp("node") / f"{name}.log"
        topics = {"image_topic": f"/{name}_input/image", "sparse_topic": f"/{name}_input/sparse"}
        arguments = parameter_arguments({"weights": d3, "policy": "every_frame", **topics, **parameters}, name)
        nodes.append(NodeProcess(log, arguments, "densify"))
        return nodes[-1]

    yield start
    statuses = [node.stop() for node in nodes]
    assert statuses == [0] * len(nodes), "\n".join(node.log() for node in nodes)


@pytest.fixture(scope="module")
def stereo(probe: Probe, start_node: StartNode) -> Stereo:
    return Stereo(probe, start_node)
