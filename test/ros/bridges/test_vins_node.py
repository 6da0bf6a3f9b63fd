"""The bridge node's program in its own process, over real DDS, with VINS-Mono or VINS-Fusion as its consumer."""

from __future__ import annotations

import pytest
from helpers.ros_probe import NodeProcess, Probe, milliseconds, parameter_arguments
from helpers.track_messages import tracks_message
from sensor_msgs.msg import PointCloud
from std_msgs.msg import Bool

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges import vins_fusion, vins_mono

MODULES = {"vins_fusion": vins_fusion, "vins_mono": vins_mono}


class Bridge:
    """A bridge node with everything connected to it; what it sends is remapped below its name."""

    def __init__(self, probe: Probe, start, name: str, consumer: str):
        module = MODULES[consumer]
        parameters = {"policy": "every_frame", "consumer": consumer, "tracks_topic": f"/{name}_input/tracks"}
        features, restart = module.FEATURES_TOPIC, module.RESTART_TOPIC
        remapped = ["-r", f"{features}:=/{name}/feature", "-r", f"{restart}:=/{name}/restart"]
        self.node, self.probe = start(name, [*parameter_arguments(parameters, name), *remapped]), probe
        self.clouds = probe.collect(PointCloud, f"/{name}/feature")
        self.restarts = probe.collect(Bool, f"/{name}/restart")
        self.reports = probe.collect_reports(name)
        self.tracks = probe.publisher(Tracks, f"/{name}_input/tracks")

    def wait_for(self, clouds: int, restarts: int) -> None:
        self.probe.spin_until(
            lambda: len(self.clouds) >= clouds and len(self.restarts) >= restarts,
            f"{clouds} clouds and {restarts} restarts: {self.node.log()}",
        )

    def wait_for_report(self, key: str, value: str) -> None:
        self.probe.spin_until(
            lambda: self.probe.statistics(self.reports, "tracks").get(key) == value, f"{key} {value}: {self.node.log()}"
        )


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    nodes: list[NodeProcess] = []

    def start(name: str, arguments: list[str]) -> NodeProcess:
        nodes.append(NodeProcess(tmp_path_factory.mktemp("node") / f"{name}.log", arguments, "bridge"))
        return nodes[-1]

    yield start
    statuses = [node.stop() for node in nodes]
    assert statuses == [0] * len(nodes), "\n".join(node.log() for node in nodes)


@pytest.mark.parametrize("consumer", sorted(MODULES))
def test_every_message_is_sent_on_as_the_encoder_makes_it(probe, start, consumer):
    bridge = Bridge(probe, start, f"plain_{consumer}", consumer)
    messages = [tracks_message(100 * number) for number in (1, 2, 3)]
    for message in messages:
        bridge.tracks.publish(message)
    bridge.wait_for(3, 0)
    assert list(bridge.clouds) == [MODULES[consumer].tracks_to_point_cloud(message) for message in messages]
    bridge.wait_for_report("processed", "3")
    assert bridge.restarts == []


def test_the_topics_are_those_that_the_estimators_listen_to(probe, tmp_path):
    for consumer, restart in (("vins_fusion", "/vins_restart"), ("vins_mono", "/feature_tracker/restart")):
        node = NodeProcess(
            tmp_path / consumer, parameter_arguments({"consumer": consumer}, f"named_{consumer}"), "bridge"
        )
        try:
            probe.spin_until(lambda: probe.node.count_publishers("/feature_tracker/feature"), f"features: {node.log()}")
            probe.spin_until(lambda topic=restart: probe.node.count_publishers(topic), f"{restart}: {node.log()}")
        finally:
            assert node.stop() == 0
        probe.spin_until(lambda: not probe.node.count_publishers("/feature_tracker/feature"), "the end of the node")


def test_reset_tracks_restart_the_estimator(probe, start):
    bridge = Bridge(probe, start, "reset", "vins_fusion")
    bridge.tracks.publish(tracks_message(100, 0, previous=0))
    bridge.tracks.publish(tracks_message(200, 0))
    bridge.tracks.publish(tracks_message(300, 1, previous=0))
    bridge.tracks.publish(tracks_message(400, 1))
    bridge.wait_for(4, 1)
    # A frontend that is started anew begins at epoch 0; of one whose first image was lost the epoch still differs.
    bridge.tracks.publish(tracks_message(500, 0, previous=0))
    bridge.tracks.publish(tracks_message(600, 0, previous=0))
    bridge.tracks.publish(tracks_message(700, 5))
    bridge.wait_for(7, 4)
    bridge.wait_for_report("resets", "4")
    assert [restart.data for restart in bridge.restarts] == [True] * 4
    assert [milliseconds(cloud) for cloud in bridge.clouds] == list(range(100, 800, 100))
    assert "tracks reset (epoch 1); vins_fusion restarted" in bridge.node.log()


def test_what_cannot_be_translated_is_counted_and_said_and_the_node_goes_on(probe, start):
    bridge = Bridge(probe, start, "odd", "vins_mono")
    broken = tracks_message(200)
    broken.x = broken.x[:1]
    uncalibrated = {"normalized": None, "velocity": None}
    # The epoch of a message that is skipped counts all the same.
    for message in (
        tracks_message(100),
        broken,
        tracks_message(300, 1, previous=0, **uncalibrated),
        tracks_message(400, 1),
    ):
        bridge.tracks.publish(message)
    bridge.wait_for(2, 1)
    bridge.wait_for_report("skipped", "2")
    bridge.wait_for_report("left_out", "2")
    bridge.wait_for_report("processed", "2")
    found = probe.statistics(bridge.reports, "tracks")
    assert (found["skipped: tracks"], found["skipped: no CameraInfo"]) == ("1", "1")
    assert [milliseconds(cloud) for cloud in bridge.clouds] == [100, 400]
    log = bridge.node.log()
    assert "message skipped [tracks]" in log
    assert "message skipped [no CameraInfo]" in log
    assert log.count("1 of 3 tracks left out: no finite normalized coordinates") == 1
