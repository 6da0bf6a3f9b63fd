"""Depth as a picture."""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.depth_drawing import color_depth, depth_range


def test_near_is_red_far_is_blue_and_nothing_is_black():
    colored = color_depth(np.array([[1.0, 10.0, 0.0, np.nan]]), 1.0, 10.0)
    assert colored[0, 0].argmax() == 2
    assert colored[0, 1].argmax() == 0
    assert (colored[0, 2:] == 0).all()


def test_the_range_leaves_out_what_is_no_depth():
    assert depth_range(np.array([[np.nan, 0.0, 2.0, 2.0, np.inf]])) == (2.0, 2.0)
    assert depth_range(np.zeros((2, 2))) == (1.0, 1.0)


def test_the_color_is_that_of_the_logarithm_of_depth():
    depth = np.array([[2.0, 4.0, 8.0, 16.0, 32.0]])
    colored = color_depth(depth, 2.0, 32.0)
    np.testing.assert_array_equal(color_depth(10 * depth, 20.0, 320.0), colored)
    places = (255 * np.linspace(1, 0, 5)).astype(np.uint8)[None]
    np.testing.assert_array_equal(colored, cv2.applyColorMap(places, cv2.COLORMAP_TURBO))


def test_depths_beyond_the_range_have_the_color_of_its_end():
    colored = color_depth(np.array([[0.5, 1.0, 10.0, 99.0]]), 1.0, 10.0)
    np.testing.assert_array_equal(colored[0, [0, 3]], colored[0, [1, 2]])
    assert (color_depth(np.full((2, 2), 3.0), 3.0, 3.0) == color_depth(np.array([[3.0]]), 3.0, 30.0)).all()


def test_the_range_is_from_the_first_to_the_99th_percentile():
    assert depth_range(np.arange(100.0, 201.0)[:, None]) == (101.0, 199.0)
