"""The bridge node."""

from __future__ import annotations

from functools import partial

from superpoint_ros.ros.bridges.vins_pipeline import VinsBridge
from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.spinning import run_node
from superpoint_ros.ros.runtime.worker_node import WorkerNode


class LiveVinsBridge(VinsBridge, LivePipeline):
    """Run VinsBridge on a live ROS graph."""


class BridgeNode(WorkerNode):
    """Be the bridge node."""

    pipeline_type = LiveVinsBridge


main = partial(run_node, BridgeNode, VinsBridge.schema.node)
