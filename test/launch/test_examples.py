"""The launch files of launch/examples: a stand-in publishes as the driver does, and the nodes answer.

Once the nodes are started with the very parameters that the launch files give them, which needs no `launch`; and once,
where that is installed, the launch files are launched.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from helpers.drivers import DRIVERS, SIZE, Driver
from helpers.launch_process import launch_files, load_launch_file
from helpers.ros_probe import NodeProcess, Probe, milliseconds
from helpers.seeded import seeded_d3_file, seeded_weights_file
from sensor_msgs.msg import Image

from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.ros.runtime.launch_graph import GRAPH_ARGUMENTS, NodeLaunch

PAGE = Path(__file__).resolve().parents[2] / "docs" / "launch.md"
EXAMPLES = sorted(path.name.removesuffix(".launch.py") for path in (launch_files() / "examples").glob("*.launch.py"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {"frontend": seeded_weights_file(folder), "densify": seeded_d3_file(folder)}


def launched_nodes(example: str) -> list[NodeLaunch]:
    """What the launch files that an example includes would start."""
    found = []
    for name, arguments in load_launch_file(example).INCLUDES.items():
        included = load_launch_file(name)
        defaults = {argument.name: argument.default for argument in (*included.ARGUMENTS, *GRAPH_ARGUMENTS)}
        assert arguments.keys() <= defaults.keys()
        found += included.nodes(defaults | arguments)
    return found


def start_node(node: NodeLaunch, weights: Path, folder: Path) -> NodeProcess:
    """Starts a node as launch does, with its parameter file and parameters, but with small weights."""
    arguments = ["-r", f"__node:={node.name}", "--params-file", node.params_file]
    for name, value in {**node.parameters, "weights": str(weights)}.items():
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    return NodeProcess(folder / f"{node.name}.log", arguments, node.name)


def test_every_example_has_a_stand_in_and_is_in_the_table():
    assert sorted({name.split()[0] for name in DRIVERS}) == EXAMPLES
    page = PAGE.read_text(encoding="utf-8")
    for name, driver in DRIVERS.items():
        assert f"`{name.split()[0]}.launch.py`" in page
        for topic, encoding in {**driver.images, **driver.depth}.items():
            assert f"`{topic}`" in page, topic
            assert encoding in page, encoding


@pytest.mark.parametrize("name", DRIVERS)
def test_the_driver_is_answered(name, weights, tmp_path):
    nodes = launched_nodes(name.split()[0])
    processes = [start_node(node, weights[node.name], tmp_path) for node in nodes]
    try:
        assert_answered(DRIVERS[name], nodes, lambda: "\n".join(process.log() for process in processes))
    finally:
        statuses = [process.stop() for process in processes]
    assert statuses == [0] * len(statuses)


@pytest.mark.parametrize("name", DRIVERS)
def test_the_driver_is_answered_once_the_example_is_launched(name, start):
    pytest.importorskip("launch_ros.actions", reason="launch_ros is not installed; it comes with a ROS 2 distribution")
    nodes = launched_nodes(name.split()[0])
    process = start(name.split()[0])
    assert_answered(DRIVERS[name], nodes, process.log)
    process.stop()
    assert process.log().count("process has finished cleanly") == len(nodes)


def assert_answered(driver: Driver, nodes: list[NodeLaunch], log: Callable[[], str]) -> None:
    """Publishes as the driver does until every node has answered, and looks at the answers."""
    with closing(Probe()) as probe:
        cameras = next(node for node in nodes if node.name == "frontend").parameters.get("cameras.names", ["camera"])
        answers = [probe.collect(kind, f"/frontend/{camera}/{topic}")
                   for camera in cameras for kind, topic in ((Features, "features"), (Tracks, "tracks"))]  # fmt: skip
        dense = [probe.collect(Image, "/densify/depth")] if driver.depth else []
        publishers = {
            topic: probe.publisher(type(message), topic, driver.qos) for topic, message in driver.messages(0).items()
        }
        for stamp in range(100, 20_100, 100):
            for topic, message in driver.messages(stamp).items():
                publishers[topic].publish(message)
            probe.spin_for(0.1)
            if all([*answers, *dense]):
                break
        assert all([*answers, *dense]), log()
    for messages in answers:
        assert len(messages[0].x) > 10
        assert messages[0].header.frame_id == "camera_optical_frame"
    if driver.info:
        assert answers[1][-1].normalized_x
    for messages in dense:
        depth = depth_image_to_array(messages[0])
        assert depth.shape == SIZE
        assert milliseconds(messages[0]) >= 100
        assert np.isfinite(depth).all()
