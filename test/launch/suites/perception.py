"""perception.launch.py with its defaults under launch_testing: rendered pairs in, dense depth out, clean exits."""

from __future__ import annotations

import unittest

from helpers.launch_suite import ProbeCase, description
from helpers.stereo_messages import camera_infos, images
from launch_testing import post_shutdown_test
from launch_testing.asserts import assertExitCodes
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.scenes.stereo_pair import room_pair

SIDES = ("left", "right")


def generate_test_description():
    return description("perception", rectified="true")


class PairsBecomeDepth(ProbeCase):
    def test_a_pair_of_color_images_is_answered_with_dense_depth(self):
        pair = room_pair(2, (480, 640))
        infos = [self.probe.publisher(CameraInfo, f"/{side}/camera_info") for side in SIDES]
        cameras = [self.probe.publisher(Image, f"/{side}/image_raw") for side in SIDES]
        sparse = self.probe.collect(Image, "/triangulate/sparse_depth")
        dense = self.probe.collect(Image, "/densify/depth")

        def publish(number: int) -> None:
            messages = (*camera_infos(pair), *images(pair, 1000 * number))
            for publisher, message in zip((*infos, *cameras), messages, strict=True):
                publisher.publish(message)

        self.repeat_until(publish, lambda: sparse and dense, "sparse and dense depth")
        assert pair.errors(depth_image_to_array(sparse[0]))[1] < 0.05
        assert pair.errors(depth_image_to_array(dense[0]))[1] < 0.1


@post_shutdown_test()
class TheNodesEnd(unittest.TestCase):
    def test_they_end_cleanly(self, proc_info):
        assertExitCodes(proc_info)
