"""The triangulate node."""

from __future__ import annotations

from functools import partial

from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.spinning import run_node
from superpoint_ros.ros.runtime.worker_node import WorkerNode
from superpoint_ros.ros.triangulate.pipeline import Triangulate


class LiveTriangulate(Triangulate, LivePipeline):
    """Run Triangulate on a live ROS graph."""


class TriangulateNode(WorkerNode):
    """Be the triangulate node."""

    pipeline_type = LiveTriangulate


main = partial(run_node, TriangulateNode, Triangulate.schema.node)
