"""Pictures of densification."""

from __future__ import annotations

import numpy as np

from superpoint_ros.evaluation.depth.strip import color_error, draw_strip


def test_error_grows_from_black_to_white_and_unknown_is_gray():
    colored = color_error(np.array([[2.0, 2.2, 3.0, 0.0]]), np.array([[2.0, 2.0, 2.0, 2.0]])).astype(int)
    assert (colored[0, 0] == 0).all() or colored[0, 0].sum() < 20
    assert colored[0, 0].sum() < colored[0, 1].sum() < colored[0, 2].sum()
    assert colored[0, 2].min() > 200
    assert (colored[0, 3] == 90).all()


def test_a_strip_has_four_panels_and_a_row_per_density():
    depth = np.linspace(1, 4, 40 * 60, dtype=np.float32).reshape(40, 60)
    strip = draw_strip(np.zeros((40, 60), np.uint8), depth, [(depth, depth, "a"), (depth, depth, "b")])
    assert strip.shape == (80, 240, 3)
    assert strip.dtype == np.uint8
