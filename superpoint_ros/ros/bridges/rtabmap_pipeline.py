"""Features and RGBDImages in, RGBDImages with features out."""

from __future__ import annotations

from typing import Any

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.msg import Features
from superpoint_ros.ros.bridges.parameters import SCHEMA, BridgeParameters
from superpoint_ros.ros.bridges.rtabmap import add_features, import_rtabmap_messages
from superpoint_ros.ros.runtime.pair_pipeline import PairPipeline


class RtabmapBridge(PairPipeline[BridgeParameters, Features, Any]):
    """Pair features with the RGBDImage of their image by stamp, and fill in each pair by itself."""

    schema = SCHEMA

    def set_up(self) -> str:
        """Import RTAB-Map's messages, make inputs and outputs."""
        parameters = self.parameters
        rgbd_type = import_rtabmap_messages().RGBDImage
        self._filled = self.add_output(rgbd_type, "rgbd_image")
        features = ("features", parameters.features_topic, Features, None)
        rgbd_image = ("rgbd image", parameters.rgbd_topic, rgbd_type, None)
        topics = self.pair_topics(features, rgbd_image, parameters.pairing)
        return f"{parameters.consumer}, {parameters.policy} of {topics}"

    def process_pair(self, features: Features, rgbd_image: Any) -> None:
        """Fill in one RGBDImage and publish it."""
        statistics = self.pairs.statistics
        with statistics.timed("convert"):
            filled = add_features(features, rgbd_image)
        with statistics.timed("publish"):
            self._filled.publish(filled)
        statistics.note(keypoints=len(filled.key_points))
        statistics.finish(nanoseconds(features.header.stamp))
