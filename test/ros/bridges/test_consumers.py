"""The consumer is a parameter: each value has what translates for it, and it can be changed as any other."""

from __future__ import annotations

import pytest
from helpers.ros_lifecycle import Lifecycle
from helpers.ros_probe import NodeProcess, parameter_arguments

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.bridges.node import PIPELINES
from superpoint_ros.ros.bridges.parameters import SCHEMA
from superpoint_ros.ros.bridges.vins_pipeline import ESTIMATORS, VinsBridge


def test_every_consumer_has_a_pipeline():
    assert tuple(PIPELINES) == SCHEMA.specs["consumer"].choices
    assert {name for name, kind in PIPELINES.items() if issubclass(kind, VinsBridge)} == set(ESTIMATORS)


def test_another_consumer_is_refused():
    with pytest.raises(ParameterError, match="consumer='orb_slam' is not one of 'vins_fusion', 'vins_mono'"):
        SCHEMA.parse({"consumer": "orb_slam"})


def test_the_consumer_is_changed_while_the_node_is_not_configured(probe, tmp_path):
    node = NodeProcess(tmp_path / "log", parameter_arguments({"autostart": False}, "changing"), "bridge")

    def published() -> set[str]:
        topics = probe.node.get_publisher_names_and_types_by_node("changing", "/")
        return {name for name, _ in topics} & {"/feature_tracker/feature", "/vins_restart", "/changing/points"}

    try:
        lifecycle = Lifecycle(probe, "changing")
        assert lifecycle.change("configure")
        probe.spin_until(lambda: published() == {"/feature_tracker/feature", "/vins_restart"}, "VINS-Fusion's topics")
        refused = probe.set_parameter("changing", "consumer", "point_cloud")
        assert (refused.successful, "read-only while the node is configured" in refused.reason) == (False, True)
        assert lifecycle.change("cleanup")
        assert probe.set_parameter("changing", "consumer", "point_cloud").successful
        assert lifecycle.change("configure")
        assert lifecycle.change("activate")
        probe.spin_until(lambda: published() == {"/changing/points"}, f"points: {node.log()}")
        assert "ready: point_cloud, latest of /frontend/camera/tracks with /densify/depth" in node.log()
    finally:
        assert node.stop() == 0
