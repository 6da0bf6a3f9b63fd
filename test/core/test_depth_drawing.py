"""Depth as a picture."""

from __future__ import annotations

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
