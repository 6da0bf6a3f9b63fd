"""Tracks and depth images in, points of the tracks that have depth out."""

from __future__ import annotations

from sensor_msgs.msg import Image, PointCloud2

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges.parameters import SCHEMA, BridgeParameters
from superpoint_ros.ros.bridges.track_cloud import tracks_to_point_cloud
from superpoint_ros.ros.runtime.pair_pipeline import PairPipeline


class CloudBridge(PairPipeline[BridgeParameters, Tracks, Image]):
    """Pair tracks with the depth of their image by stamp, and translate each pair by itself."""

    schema = SCHEMA

    def set_up(self) -> str:
        """Make inputs and outputs."""
        parameters = self.parameters
        self._points = self.add_output(PointCloud2, "points")
        tracks = ("tracks", parameters.tracks_topic, Tracks, None)
        depth = ("depth", parameters.depth_topic, Image, None)
        topics = self.pair_topics(tracks, depth, parameters.pairing)
        return f"{parameters.consumer}, {parameters.policy} of {topics}"

    def process_pair(self, tracks: Tracks, depth: Image) -> None:
        """Translate one pair and publish the points."""
        statistics = self.pairs.statistics
        self._check_frames(tracks.header.frame_id, depth.header.frame_id)
        with statistics.timed("convert"):
            cloud = tracks_to_point_cloud(tracks, depth, max_pixels=self.parameters.limits.max_pixels)
        left_out = len(tracks.id) - cloud.width
        statistics.count("left_out", left_out)
        if left_out and not cloud.width:
            text = f"none of {left_out} tracks has depth on {self._depth_topic}"
            self.warnings.warn(self.pairs.topic, "no depth", text)
        with statistics.timed("publish"):
            self._points.publish(cloud)
        statistics.note(points=cloud.width)
        statistics.finish(nanoseconds(tracks.header.stamp))

    @property
    def _depth_topic(self) -> str:
        return self.inputs[1].source.topic

    def _check_frames(self, tracks: str, depth: str) -> None:
        if tracks != depth:
            text = f"depth in the frame '{depth}' for tracks in '{tracks}': is it registered to their images?"
            self.warnings.warn(self._depth_topic, "frame", text)
