"""frontend.launch.py with its defaults under launch_testing: a color image in, its tracks out, a clean exit."""

from __future__ import annotations

import unittest

import cv2
from helpers.launch_suite import ProbeCase, description
from helpers.ros_probe import header, texture
from launch_testing import post_shutdown_test
from launch_testing.asserts import assertExitCodes
from sensor_msgs.msg import Image

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.images import array_to_image


def generate_test_description():
    return description("frontend")


class ImagesBecomeTracks(ProbeCase):
    def test_a_color_image_of_640x480_is_answered_with_tracks(self):
        publisher = self.probe.publisher(Image, "/camera/image_raw")
        tracks = self.probe.collect(Tracks, "/frontend/camera/tracks")
        image = cv2.cvtColor(texture(1, (480, 640)), cv2.COLOR_GRAY2BGR)
        self.repeat_until(
            lambda number: publisher.publish(array_to_image(image, header(1000 * number))),
            lambda: len(tracks) > 1, "two tracks messages",
        )  # fmt: skip
        assert len(tracks[-1].id) > 100


@post_shutdown_test()
class TheNodeEnds(unittest.TestCase):
    def test_it_ends_cleanly(self, proc_info):
        assertExitCodes(proc_info)
