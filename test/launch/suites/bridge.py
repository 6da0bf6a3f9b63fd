"""bridge.launch.py with its defaults under launch_testing: tracks in, features of VINS-Fusion out, a clean exit."""

from __future__ import annotations

import unittest

from helpers.launch_suite import ProbeCase, description
from helpers.track_messages import tracks_message
from launch_testing import post_shutdown_test
from launch_testing.asserts import assertExitCodes
from sensor_msgs.msg import PointCloud

from superpoint_ros.msg import Tracks


def generate_test_description():
    return description("bridge")


class TracksBecomeFeatures(ProbeCase):
    def test_tracks_are_answered_with_the_features_of_those_with_a_direction(self):
        tracks = self.probe.publisher(Tracks, "/frontend/camera/tracks")
        features = self.probe.collect(PointCloud, "/feature_tracker/feature")
        self.repeat_until(lambda number: tracks.publish(tracks_message(1000 * number)), lambda: features, "features")
        assert features[0].channels[0].values.tolist() == [4, 6]


@post_shutdown_test()
class TheNodeEnds(unittest.TestCase):
    def test_it_ends_cleanly(self, proc_info):
        assertExitCodes(proc_info)
