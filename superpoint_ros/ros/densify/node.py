"""The densify node."""

from __future__ import annotations

from functools import partial

from superpoint_ros.ros.densify.pipeline import Densify
from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.spinning import run_node
from superpoint_ros.ros.runtime.worker_node import WorkerNode


class LiveDensify(Densify, LivePipeline):
    """Run Densify on a live ROS graph."""


class DensifyNode(WorkerNode):
    """Be the densify node."""

    pipeline_type = LiveDensify


main = partial(run_node, DensifyNode, Densify.schema.node)
