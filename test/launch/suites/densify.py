"""densify.launch.py with its defaults under launch_testing: sparse depth in, dense depth out, a clean exit."""

from __future__ import annotations

import unittest

import cv2
import numpy as np
from helpers.launch_suite import ProbeCase, description
from helpers.ros_probe import header, texture
from launch_testing import post_shutdown_test
from launch_testing.asserts import assertExitCodes
from sensor_msgs.msg import Image

from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.images import array_to_image


def generate_test_description():
    return description("densify")


class SparseDepthBecomesDense(ProbeCase):
    def test_a_color_image_of_640x480_with_sparse_depth_is_answered_with_dense_depth(self):
        images = self.probe.publisher(Image, "/camera/image_raw")
        sparse = self.probe.publisher(Image, "/sparse_depth")
        depth = self.probe.collect(Image, "/densify/depth")
        image = cv2.cvtColor(texture(1, (480, 640)), cv2.COLOR_GRAY2BGR)
        samples = np.full((480, 640), np.nan, np.float32)
        samples[::20, ::20] = 2.0

        def publish(number: int) -> None:
            images.publish(array_to_image(image, header(1000 * number)))
            sparse.publish(array_to_depth_image(samples, header(1000 * number)))

        self.repeat_until(publish, lambda: depth, "a depth image")
        assert (depth[0].width, depth[0].height, depth[0].encoding) == (640, 480, "32FC1")


@post_shutdown_test()
class TheNodeEnds(unittest.TestCase):
    def test_it_ends_cleanly(self, proc_info):
        assertExitCodes(proc_info)
