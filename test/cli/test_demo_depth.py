"""What the demo's second half does besides playing, which test_demo.py tries in full."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
from superpoint_ros.cli import demo_depth


def test_samples_lie_on_the_pixels_nearest_to_the_points():
    depth = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    depth[2, 3] = np.inf
    sparse = demo_depth.depth_samples_at(depth, np.array([[0.4, 0.2], [1.6, 1.0], [3.0, 2.0], [-0.2, 2.4]], np.float32))
    expected = np.full((3, 4), np.nan, np.float32)
    expected[0, 0], expected[1, 2], expected[2, 0] = 1, 7, 9
    np.testing.assert_array_equal(sparse, expected)
