"""The frontend node."""

from __future__ import annotations

from functools import partial

from superpoint_ros.ros.frontend.pipeline import Frontend
from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.spinning import run_node
from superpoint_ros.ros.runtime.worker_node import WorkerNode


class LiveFrontend(Frontend, LivePipeline):
    """Run Frontend on a live ROS graph."""


class FrontendNode(WorkerNode):
    """Be the frontend node."""

    pipeline_type = LiveFrontend


main = partial(run_node, FrontendNode, Frontend.schema.node)
