"""Triangulation: two cameras' features in, matches and sparse depth out. A thin shell over stereo_depth."""

from __future__ import annotations

from functools import partial

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.core.stereo import StereoDepth, stereo_depth
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.features import check_comparable, message_to_features
from superpoint_ros.ros.messages.limits import check_size
from superpoint_ros.ros.runtime.options import pose_matrix
from superpoint_ros.ros.runtime.pair_pipeline import PairPipeline
from superpoint_ros.ros.triangulate.calibration import StereoCalibration
from superpoint_ros.ros.triangulate.outputs import TriangulateOutputs, describe_no_depth
from superpoint_ros.ros.triangulate.parameters import SCHEMA, TriangulateParameters


class Triangulate(PairPipeline[TriangulateParameters, Features, Features]):
    """Pair the two cameras' features by stamp; match and triangulate each pair."""

    schema = SCHEMA

    def set_up(self) -> str:
        """Make inputs and outputs."""
        parameters = self.parameters
        names = parameters.camera_info_topics
        topics = [self.resolve_topic(name) for name in names]
        self._calibration = StereoCalibration(topics, pose_matrix("T_left_right", parameters.T_left_right))
        infos = [
            self.add_camera_info(name, partial(self._calibration.set, side), needed=True)
            for side, name in enumerate(names)
        ]
        self._outputs = TriangulateOutputs(self)
        left = ("left", parameters.left_features, Features, infos[0])
        right = ("right", parameters.right_features, Features, infos[1])
        return f"{parameters.policy} of {self.pair_topics(left, right, parameters.pairing)}"

    def process_pair(self, left: Features, right: Features) -> None:
        """Match and triangulate, and publish what comes of it."""
        statistics = self.pairs.statistics
        with statistics.timed("convert"):
            check_comparable(left, right)
            check_size(left.height, left.width, self.parameters.limits.max_pixels)
            features = message_to_features(left), message_to_features(right)
            rig, info = self._calibration.rig(left, right)
        with statistics.timed("match"):
            stereo = stereo_depth(*features, rig, self.parameters.stereo)
        self._count(stereo, len(features[0]), len(features[1]))
        with statistics.timed("publish"):
            self._outputs.publish(left, right, stereo, rig.camera0, info)
        statistics.note(matches=len(stereo.depth))
        statistics.finish(nanoseconds(left.header.stamp))

    def _count(self, stereo: StereoDepth, *keypoints: int) -> None:
        self.pairs.statistics.count("depths", len(stereo.depth))
        if len(stereo.depth) == 0:
            self.pairs.statistics.count("without_depth")
            self.warnings.warn(self.pairs.topic, "no depth", describe_no_depth(stereo, *keypoints))
