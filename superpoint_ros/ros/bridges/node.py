"""The bridge node."""

from __future__ import annotations

from functools import partial
from typing import Any

from superpoint_ros.ros.bridges.cloud_pipeline import CloudBridge
from superpoint_ros.ros.bridges.parameters import BridgeParameters
from superpoint_ros.ros.bridges.rtabmap_pipeline import RtabmapBridge
from superpoint_ros.ros.bridges.vins_pipeline import VinsBridge
from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.spinning import run_node
from superpoint_ros.ros.runtime.worker_node import WorkerNode


class LiveVinsBridge(VinsBridge, LivePipeline):
    """Run VinsBridge on a live ROS graph."""


class LiveRtabmapBridge(RtabmapBridge, LivePipeline):
    """Run RtabmapBridge on a live ROS graph."""


class LiveCloudBridge(CloudBridge, LivePipeline):
    """Run CloudBridge on a live ROS graph."""


PIPELINES: dict[str, type[LivePipeline[Any, Any]]] = {
    "vins_fusion": LiveVinsBridge,
    "vins_mono": LiveVinsBridge,
    "point_cloud": LiveCloudBridge,
    "rtabmap": LiveRtabmapBridge,
}


class BridgeNode(WorkerNode):
    """Be the bridge node."""

    # That of the default consumer; the parameters are the same for all.
    pipeline_type = LiveVinsBridge

    def choose_pipeline(self, parameters: BridgeParameters) -> type[LivePipeline[Any, Any]]:
        """Return what translates for the consumer."""
        return PIPELINES[parameters.consumer]


main = partial(run_node, BridgeNode, VinsBridge.schema.node)
